// Fields into which people type. Slack hears of it when the form is sent, or at once where the block says so.

import { h } from "../draw.js";
import { packed } from "../world.js";

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
      onchange: (event) => (event.target.value || one.type === "plain_text_input") && use.press(block, one, meant(one, event.target.value)), dir: "auto",
    };
    const isLong = one.multiline || one.type === "rich_text_input";
    return isLong ? h("textarea", { rows: 4, ...props }) : h("input", { type, ...props });
  };
}

// Files to be uploaded when the form is sent.
export function files(block, one, use) {
  const accept = one.filetypes?.map((type) => `.${type}`).join(",");
  return h("input", { type: "file", id: idOf(block, one, use), name: nameOf(block, one), accept, multiple: (one.max_files ?? 10) > 1 });
}

// What the form's fields say, by block and action; menus have told Slack already.
export async function values(form, blocks) {
  const found = {};
  for (const { block_id, element } of blocks.filter((each) => each.type === "input" && /_input$|picker$/.test(each.element.type))) {
    const field = form.elements.namedItem(`${block_id}·${element.action_id}`);
    if (field) found[block_id] = { [element.action_id]: await said(element, field) };
  }
  return found;
}

async function said(one, field) {
  if (one.type !== "file_input") return meant(one, field.value);
  return field.files.length ? Promise.all([...field.files].map(packed)) : "";
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
