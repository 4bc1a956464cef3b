// Buttons, menus and fields. `use` is what the surface does with them:
//   press(block, element, chosen)    somebody pressed a button or chose something
//   offered(block, element, query)   groups of options that the app has for these letters
//   errorOf(block), stateOf(block, element)

import { h } from "../draw.js";
import { icon } from "../icons.js";
import { channels, people } from "../place.js";
import { chooser } from "./chooser.js";
import { confirmed } from "./confirmed.js";
import { files, idOf, typed } from "./fields.js";
import { picture } from "./pictures.js";
import { isSafe, worded } from "./mrkdwn.js";

const everybody = () => people().map((person) => ({ text: { text: person.name }, value: person.id }));
const everywhere = () => channels().map((one) => ({ text: { text: `#${one.name}` }, value: one.id }));

const DRAWN = {
  button, overflow,
  workflow_button: button,
  static_select: select, multi_static_select: search(optionsOf),
  external_select: searched, multi_external_select: searched,
  users_select: search(everybody), multi_users_select: search(everybody),
  channels_select: search(everywhere), multi_channels_select: search(everywhere),
  conversations_select: search(everywhere), multi_conversations_select: search(everywhere),
  radio_buttons: choices, checkboxes: choices,
  datepicker: typed("date"), timepicker: typed("time"), datetimepicker: typed("datetime-local"),
  plain_text_input: typed("text"), email_text_input: typed("email"), url_text_input: typed("url"),
  number_input: typed("number"), rich_text_input: typed("text"), file_input: files,
  image: (_block, one) => h("span", { class: "thumb" }, picture(one)),
};

export function element(block, one, use) {
  return Object.hasOwn(DRAWN, one.type) ? DRAWN[one.type](block, one, use) : h("span", { class: "undrawn" }, `(${one.type} is not drawn here)`);
}

// An input block: its label, the element, a hint and what is wrong with it.
export function field(block, use) {
  const wrong = use.errorOf?.(block);
  const isGroup = ["radio_buttons", "checkboxes"].includes(block.element.type);
  const words = [worded(block.label), block.optional && h("span", { class: "optional" }, " (optional)")];
  return h("div", { class: wrong ? "field wrong" : "field", ...(isGroup && { role: "group", "aria-label": block.label.text }) },
    isGroup ? h("p", { class: "label" }, words) : h("label", { for: idOf(block, block.element, use) }, words),
    element(block, block.element, use),
    wrong && h("p", { class: "error", role: "alert" }, wrong),
    block.hint && h("p", { class: "hint" }, worded(block.hint)));
}

function button(block, one, use) {
  const press = () => confirmed(one.confirm, () => use.press(block, one));
  const look = { key: one.action_id + (one.value || ""), class: `button ${one.style || ""}`, "aria-label": one.accessibility_label, onclick: press };
  if (!isSafe(one.url || "")) return h("button", { type: "button", ...look }, worded(one.text));
  return h("a", { href: one.url, target: "_blank", rel: "noreferrer noopener", ...look }, worded(one.text));
}

function overflow(block, one, use) {
  const items = one.options.map((option) =>
    h("button", { type: "button", onclick: () => confirmed(one.confirm, () => use.press(block, one, option)) }, worded(option.text)));
  return h("details", { class: "menu" }, h("summary", { "aria-label": "More" }, icon("more")), h("div", {}, items));
}

function select(block, one, use) {
  const [chosen] = initial(one, use.stateOf?.(block, one));
  const options = (some) => some.map((option) =>
    h("option", { value: option.value, selected: chosen === option.value }, option.text.text));
  const change = (event) => {
    const found = optionsOf(one).find((option) => option.value === event.target.value);
    confirmed(one.confirm, () => use.press(block, one, found), () => { event.target.value = chosen ?? ""; });
  };
  return h("select", { id: idOf(block, one, use), onchange: change, "aria-label": nameOf(block, one) },
    h("option", { value: "", hidden: true, selected: chosen === undefined }, one.placeholder?.text || "Choose"),
    one.option_groups ? one.option_groups.map((group) => h("optgroup", { label: group.label.text }, options(group.options))) : options(optionsOf(one)));
}

function optionsOf(one) {
  return one.option_groups ? one.option_groups.flatMap((group) => group.options) : one.options || [];
}

// A menu of options that are known here.
function search(known) {
  return (block, one, use) => {
    const every = known(one);
    const ids = initial(one, use.stateOf?.(block, one));
    const find = (query) => [{ options: every.filter((option) => option.text.text.toLowerCase().includes(query.toLowerCase())) }];
    return choosing(block, one, use, { find, least: 0, chosen: every.filter((option) => ids.includes(option.value)) });
  };
}

// The menu that the app fills: nothing is asked before so many letters.
function searched(block, one, use) {
  const state = use.stateOf?.(block, one);
  const chosen = [state?.selected_options ?? state?.selected_option ?? one.initial_options ?? one.initial_option ?? []].flat();
  return choosing(block, one, use, { find: (query) => use.offered(block, one, query), least: one.min_query_length ?? 3, chosen });
}

function choosing(block, one, use, more) {
  const isMany = one.type.startsWith("multi_");
  const value = /users|channels|conversations/.test(one.type) ? (option) => option.value : (option) => option;
  const choose = (options, undo) => confirmed(one.confirm, () => use.press(block, one, isMany ? options.map(value) : value(options[0])), undo);
  return chooser({ id: idOf(block, one, use), isMany, choose, placeholder: one.placeholder?.text, label: nameOf(block, one), ...more });
}

function choices(block, one, use) {
  const isMany = one.type === "checkboxes";
  const chosen = initial(one, use.stateOf?.(block, one));
  const change = (event) => {
    const boxes = [...event.target.closest("fieldset").querySelectorAll("input")];
    const found = one.options.filter((option) => boxes.some((box) => box.checked && box.value === option.value));
    const undo = () => boxes.forEach((box) => { box.checked = chosen.includes(box.value); });
    confirmed(one.confirm, () => use.press(block, one, isMany ? found : found[0]), undo);
  };
  return h("fieldset", { class: "choices" }, one.options.map((option) =>
    h("label", {}, h("input", {
      type: isMany ? "checkbox" : "radio", name: idOf(block, one, use), value: option.value,
      checked: chosen.includes(option.value), onchange: change,
    }), h("span", {}, worded(option.text), option.description && h("small", {}, worded(option.description))))));
}

// The values that are chosen already.
function initial(one, state) {
  const kinds = ["option", "user", "channel", "conversation"];
  const found = kinds.flatMap((kind) => state?.[`selected_${kind}s`] ?? state?.[`selected_${kind}`] ?? []);
  const first = kinds.flatMap((kind) => one[`initial_${kind}s`] ?? one[`initial_${kind}`] ?? []);
  return (found.length || state ? found : first).map((option) => option.value ?? option);
}

// Outside of an input block nothing but the placeholder says what an element is for.
const nameOf = (block, one) => (block.type === "input" ? undefined : one.placeholder?.text || one.action_id);
