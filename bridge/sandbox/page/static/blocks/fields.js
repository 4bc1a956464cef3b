// Fields into which people type. Slack hears of it when the form is sent, or at once where the block says so.

import { h } from "../draw.js";

// One message may stand in two places of the page: `use.scope` tells them apart.
export const idOf = (block, one, use) => `${use.scope}·${nameOf(block, one)}`;
const nameOf = (block, one) => `${block.block_id}·${one.action_id}`;

export function typed(type) {
  return (block, one, use) => {
    const props = {
      id: idOf(block, one, use), name: nameOf(block, one), value: first(one, use.stateOf?.(block, one)), placeholder: one.placeholder?.text,
      minlength: one.min_length, maxlength: one.max_length, autofocus: one.focus_on_load,
      min: one.min_value, max: one.max_value, step: one.is_decimal_allowed ? "any" : undefined,
      "aria-label": block.type === "input" ? undefined : one.placeholder?.text || one.action_id,
      onchange: (event) => event.target.value && use.press(block, one, meant(one, event.target.value)), dir: "auto",
    };
    const isLong = one.multiline || one.type === "rich_text_input";
    return isLong ? h("textarea", { rows: 4, ...props }) : h("input", { type, ...props });
  };
}

// What the form's fields say, by block and action; menus have told Slack already.
export function values(form, blocks) {
  const found = {};
  for (const { block_id, element } of blocks.filter((each) => each.type === "input" && /_input$|picker$/.test(each.element.type))) {
    const typed = form.elements.namedItem(`${block_id}·${element.action_id}`)?.value;
    if (typed !== undefined) found[block_id] = { [element.action_id]: meant(element, typed) };
  }
  return found;
}

// What was typed, in the shape in which Slack keeps it; "" for a field that is empty.
function meant(one, typed) {
  if (!typed) return "";
  if (one.type === "datetimepicker") return Math.floor(new Date(typed).getTime() / 1000);
  if (one.type !== "rich_text_input") return typed;
  return { type: "rich_text", elements: [{ type: "rich_text_section", elements: [{ type: "text", text: typed }] }] };
}

function first(one, state) {
  const given = state ?? one;
  const moment = given.selected_date_time ?? given.initial_date_time;
  if (moment) return local(new Date(moment * 1000));
  const rich = given.rich_text_value ?? (one.type === "rich_text_input" ? given.initial_value : null);
  if (rich) return rich.elements.flatMap((part) => part.elements).map((part) => part.text).join("");
  return given.value ?? given.selected_date ?? given.selected_time ?? given.initial_value ?? given.initial_date ?? given.initial_time ?? "";
}

// As an input of the type datetime-local has it.
function local(moment) {
  return new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
