// Boxes in which people type messages and texts: Enter sends, Shift and Enter break the line, files go along.

import { draft, keepDraft } from "./drafts.js";
import { h } from "./draw.js";
import { icon } from "./icons.js";

// A textarea whose words are kept as a draft under its form's key.
export function box(key, given) {
  const typed = (event) => { keepDraft(key, event.target.value); grow(event.target); given.oninput?.(event.target); };
  return h("textarea", { name: "words", rows: 1, value: draft(key), once: grow, onkeydown: keys, dir: "auto", ...given, oninput: typed });
}

export function keys(event) {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
}

function grow(area) {
  area.style.height = "auto";
  area.style.height = `${Math.min(area.scrollHeight, 200)}px`;
}

// Files to go along; how many is seen before they are sent.
export function attach(given = {}) {
  const named = (event) => count(event.target);
  return h("label", { class: "attach", title: "Attach files" }, icon("clip"),
    h("input", { type: "file", name: "files", multiple: true, "aria-label": "Attach files", onchange: named, ...given }));
}

function count(input) {
  input.closest("label").dataset.many = input.files.length ? String(input.files.length) : "";
}

// Send what a form holds, once; when that failed, all of it is still there. `work(words, files)` gives null for failed.
export async function sending(form, key, work) {
  const words = form.words.value;
  const files = [...form.files.files];
  if (form.busy || (!words.trim() && !files.length)) return;
  form.busy = true;
  const done = await work(words, files);
  form.busy = false;
  if (done === null || form.words.value !== words) return; // failed, or more was typed meanwhile
  form.words.value = "";
  form.files.value = "";
  keepDraft(key, "");
  grow(form.words);
  count(form.files);
}
