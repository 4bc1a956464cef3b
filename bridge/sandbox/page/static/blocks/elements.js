// Buttons, menus and fields. `use` is what the surface does with them:
//   press(block, element, chosen)   somebody pressed a button or chose something
//   offered(element, query)         the options that the app has for these letters, or a sentence why there are none
//   errorOf(block), stateOf(block, element)

import { h } from "../draw.js";
import { channels, people } from "../place.js";
import { worded } from "./mrkdwn.js";

const label = (text) => worded(text);

const DRAWN = {
  button, overflow,
  workflow_button: button,
  static_select: select, multi_static_select: select,
  external_select: searched, multi_external_select: searched,
  users_select: (block, one, use) => select(block, { ...one, options: everybody() }, use),
  multi_users_select: (block, one, use) => select(block, { ...one, options: everybody() }, use),
  channels_select: (block, one, use) => select(block, { ...one, options: everywhere() }, use),
  multi_channels_select: (block, one, use) => select(block, { ...one, options: everywhere() }, use),
  conversations_select: (block, one, use) => select(block, { ...one, options: everywhere() }, use),
  multi_conversations_select: (block, one, use) => select(block, { ...one, options: everywhere() }, use),
  radio_buttons: choices, checkboxes: choices,
  datepicker: typed("date"), timepicker: typed("time"), datetimepicker: typed("datetime-local"),
  plain_text_input: typed("text"), email_text_input: typed("email"), url_text_input: typed("url"),
  number_input: typed("number"), rich_text_input: typed("text"),
  image: (_block, one) => h("img", { class: "thumb", src: one.image_url || "", alt: one.alt_text || "" }),
};

export function element(block, one, use) {
  const draw = DRAWN[one.type];
  return draw ? draw(block, one, use) : h("span", { class: "undrawn" }, `(${one.type} is not drawn here)`);
}

// An input block: its label, the element, a hint and what is wrong with it.
export function field(block, use) {
  const wrong = use.errorOf?.(block);
  return h("div", { class: wrong ? "field wrong" : "field" },
    h("label", { for: idOf(block, block.element) }, label(block.label), block.optional && h("span", { class: "optional" }, " (optional)")),
    element(block, block.element, use),
    wrong && h("p", { class: "error", role: "alert" }, wrong),
    block.hint && h("p", { class: "hint" }, label(block.hint)));
}

export const idOf = (block, one) => `${block.block_id}·${one.action_id}`;

function button(block, one, use) {
  const press = () => confirmed(one, () => use.press(block, one));
  const look = { class: `button ${one.style || ""}`, "aria-label": one.accessibility_label, onclick: press };
  if (!one.url) return h("button", { key: one.action_id + (one.value || ""), type: "button", ...look }, label(one.text));
  return h("a", { key: one.action_id, href: one.url, target: "_blank", rel: "noreferrer noopener", ...look }, label(one.text));
}

function overflow(block, one, use) {
  const items = one.options.map((option) =>
    h("button", { type: "button", onclick: () => confirmed(one, () => use.press(block, one, option)) }, label(option.text)));
  return h("details", { class: "menu" }, h("summary", { "aria-label": "More" }, "⋯"), h("div", {}, items));
}

function select(block, one, use) {
  const isMany = one.type.startsWith("multi_");
  const chosen = initial(one, use.stateOf?.(block, one));
  const every = one.option_groups ? one.option_groups.flatMap((group) => group.options) : one.options || [];
  const options = (some) => some.map((option) =>
    h("option", { value: option.value, selected: chosen.includes(option.value) }, option.text.text));
  const change = (event) => {
    const values = [...event.target.selectedOptions].map((each) => each.value).filter(Boolean);
    const found = values.map((value) => every.find((option) => option.value === value));
    confirmed(one, () => use.press(block, one, isMany ? found.map(valueOf(one)) : found[0] && valueOf(one)(found[0])));
  };
  return h("select", { id: idOf(block, one), name: idOf(block, one), multiple: isMany, onchange: change, "data-kind": one.type },
    !isMany && h("option", { value: "" }, one.placeholder?.text || "Choose"),
    one.option_groups ? one.option_groups.map((group) => h("optgroup", { label: group.label.text }, options(group.options))) : options(every));
}

// The menu that the app fills: nothing is asked before so many letters.
function searched(block, one, use) {
  const least = one.min_query_length ?? 3;
  const list = `${idOf(block, one)}·list`;
  const ask = async (event) => {
    const query = event.target.value;
    const picked = [...event.target.list.options].find((option) => option.value === query);
    if (picked) { use.press(block, one, JSON.parse(picked.dataset.option)); return; }
    if (query.length < least) return;
    const found = await use.offered(block, one, query);
    if (event.target.value !== query) return; // more was typed meanwhile
    event.target.list.replaceChildren(...found.map((option) => {
      const made = new Option(option.description?.text || "", option.text.text);
      made.dataset.option = JSON.stringify(option);
      return made;
    }));
  };
  return h("span", { class: "searched" },
    h("input", { id: idOf(block, one), list, oninput: ask, autocomplete: "off", placeholder: one.placeholder?.text || `Type ${least} letters` }),
    h("datalist", { id: list, own: true }));
}

function choices(block, one, use) {
  const isMany = one.type === "checkboxes";
  const chosen = initial(one, use.stateOf?.(block, one));
  const change = (event) => {
    const group = event.target.closest("fieldset");
    const values = [...group.querySelectorAll("input:checked")].map((each) => each.value);
    const found = one.options.filter((option) => values.includes(option.value));
    confirmed(one, () => use.press(block, one, isMany ? found : found[0]));
  };
  return h("fieldset", { id: idOf(block, one), class: "choices" }, one.options.map((option) =>
    h("label", {}, h("input", {
      type: isMany ? "checkbox" : "radio", name: idOf(block, one), value: option.value,
      checked: chosen.includes(option.value), onchange: change,
    }), h("span", {}, label(option.text), option.description && h("small", {}, label(option.description))))));
}

function typed(type) {
  return (block, one, use) => {
    const state = use.stateOf?.(block, one);
    const first = state?.value ?? state?.selected_date ?? state?.selected_time ?? one.initial_value ?? one.initial_date ?? one.initial_time ?? "";
    const props = {
      id: idOf(block, one), name: idOf(block, one), value: first, "data-kind": one.type, placeholder: one.placeholder?.text,
      minlength: one.min_length, maxlength: one.max_length, autofocus: one.focus_on_load,
      onchange: (event) => use.press(block, one, event.target.value),
    };
    return one.multiline || one.type === "rich_text_input" ? h("textarea", { rows: 4, ...props }) : h("input", { type, ...props });
  };
}

// The values that are chosen already.
function initial(one, state) {
  const given = state?.selected_options ?? state?.selected_option ?? one.initial_options ?? one.initial_option;
  const plain = state?.selected_user ?? state?.selected_channel ?? state?.selected_conversation ?? one.initial_user ?? one.initial_channel ?? one.initial_conversation;
  return [given ?? []].flat().map((option) => option.value).concat(plain ?? []);
}

const valueOf = (one) => (option) => (/users|channels|conversations/.test(one.type) ? option.value : option);
const everybody = () => people().map((person) => ({ text: { text: person.name }, value: person.id }));
const everywhere = () => channels().map((one) => ({ text: { text: `#${one.name}` }, value: one.id }));

function confirmed(one, go) {
  const asked = one.confirm;
  if (!asked) { go(); return; }
  const box = document.createElement("dialog");
  const words = (tag, text) => Object.assign(document.createElement(tag), { textContent: text?.text || text });
  const choose = (text, then, look) => Object.assign(words("button", text), { className: `button ${look}`, onclick: () => { box.close(); then(); } });
  box.append(words("h3", asked.title), words("p", asked.text),
    choose(asked.deny || "Cancel", () => {}, ""), choose(asked.confirm || "OK", go, asked.style || "primary"));
  box.onclose = () => box.remove();
  document.body.append(box);
  box.showModal();
}
