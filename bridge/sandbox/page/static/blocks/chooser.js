// A menu in which one searches: among the options that it has, or those that the app finds.

import { h } from "../draw.js";

let last = 0; // numbers the options, so that each has an id of its own

// `find(query)` gives groups {label, options}; nothing is looked for before `least` letters. `chosen` are options,
// and `choose(options)` is called with those that are chosen now.
export function chooser({ id, least, isMany, chosen, find, choose, placeholder, label }) {
  const list = `${id}·list`;
  const pick = (input, option) => {
    input.menu.words = input.value = isMany ? "" : option.text.text;
    hide(input);
    const undo = () => { input.menu.words = input.value = isMany ? "" : chosen[0]?.text.text || ""; };
    choose(isMany ? [...chosen.filter((one) => one.value !== option.value), option] : [option], undo);
  };
  const without = (option) => choose(chosen.filter((one) => one !== option));
  return h("div", { class: "chooser" },
    isMany && chosen.map((option) => h("span", { key: option.value, class: "chip" }, option.text.text,
      h("button", { type: "button", "aria-label": `Take away ${option.text.text}`, onclick: () => without(option) }, "×"))),
    h("input", { id, role: "combobox", "aria-label": label, autocomplete: "off", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list, always: (input) => { input.menu = { least, find, pick, words: isMany ? "" : chosen[0]?.text.text || "" }; },
      placeholder: placeholder || (least ? `Type ${least} letters` : "Search"), value: isMany ? "" : chosen[0]?.text.text,
      oninput: (event) => search(event.target), onfocus: (event) => search(event.target),
      onkeydown: keys, onblur: (event) => leave(event.target) }),
    h("ul", { id: list, role: "listbox", "aria-label": "Options", own: true, hidden: true }));
}

const listOf = (input) => input.nextElementSibling; // ids may stand on the page twice
const optionsOf = (input) => [...listOf(input).querySelectorAll("[role=option]")];
const isOpen = (input) => input.getAttribute("aria-expanded") === "true";

async function search(input) {
  const query = input.value;
  if (query.length < input.menu.least) { hide(input); return; }
  const groups = await input.menu.find(query);
  if (input.value !== query || document.activeElement !== input) return; // more was typed meanwhile
  const rows = groups.flatMap(({ label, options }) => [
    label && row("presentation", label), ...options.map((option) => offered(input, option))].filter(Boolean));
  listOf(input).replaceChildren(...(rows.length ? rows : [row("presentation", "Nothing found")]));
  listOf(input).hidden = false;
  input.setAttribute("aria-expanded", "true");
}

function row(role, words) {
  const made = Object.assign(document.createElement("li"), { textContent: words, id: `option-${last += 1}` });
  made.setAttribute("role", role);
  return made;
}

function offered(input, option) {
  const made = row("option", option.text.text);
  if (option.description) made.append(Object.assign(document.createElement("small"), { textContent: option.description.text }));
  made.onmousedown = (event) => event.preventDefault(); // or the field would lose the focus, and the list go
  made.onclick = () => input.menu.pick(input, option);
  return made;
}

function hide(input) {
  listOf(input).hidden = true;
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
}

// What was typed and not chosen is forgotten: the field shows what is chosen.
function leave(input) {
  hide(input);
  input.value = input.menu.words;
}

function keys(event) {
  const input = event.target;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) { event.preventDefault(); isOpen(input) ? move(input, step) : search(input); }
  if (event.key === "Enter") event.preventDefault(); // it chooses, and never sends the form
  if (!isOpen(input)) return;
  if (event.key === "Enter") marked(input)?.click();
  if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); hide(input); }
}

const marked = (input) => document.getElementById(input.getAttribute("aria-activedescendant"));

function move(input, step) {
  const every = optionsOf(input);
  const place = every.indexOf(marked(input));
  const next = every.at(place < 0 ? (step > 0 ? 0 : -1) : (place + step) % every.length);
  every.forEach((one) => one.setAttribute("aria-selected", String(one === next)));
  if (next) { input.setAttribute("aria-activedescendant", next.id); next.scrollIntoView({ block: "nearest" }); }
}
