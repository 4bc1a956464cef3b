// Where people type. Enter sends, Shift and Enter break the line; what begins with / is a command, but not in threads.

import { h } from "../draw.js";
import { icon } from "../icons.js";
import { me, team } from "../place.js";
import { act, packed } from "../world.js";
import { hint } from "./hints.js";
import { notice, tried } from "./notices.js";
import { shortcuts } from "./shortcuts.js";

const COMMAND = /^(\/[a-z_-]+)(?:\s+([\s\S]*))?$/;

export function composer(channel, rootTs) {
  if (channel.archived) return h("p", { class: "composer closed" }, "This channel is archived: nobody can write here.");
  const where = rootTs ? "Reply in thread" : `Message #${channel.name}`;
  const key = `composer ${channel.id} ${rootTs || ""} ${me().id}`;
  return h("form", { key, class: "composer", onsubmit: (event) => { event.preventDefault(); send(event.target, channel, rootTs); } },
    h("div", { class: "hints", role: "group", "aria-label": "Commands", own: true, hidden: true }),
    !rootTs && shortcuts("global", {}),
    h("textarea", { name: "words", rows: 1, placeholder: where, "aria-label": where, onkeydown: keys,
      oninput: (event) => { grow(event.target); if (!rootTs) hint(event.target); } }),
    attach(),
    h("button", { class: "send", "aria-label": "Send" }, icon("paper-plane")));
}

// Files to go along; how many is seen before they are sent.
export function attach(accept) {
  const named = (event) => {
    const many = event.target.files.length;
    event.target.closest("label").dataset.many = many ? String(many) : "";
  };
  return h("label", { class: "attach", title: "Attach files" }, icon("clip"),
    h("input", { type: "file", name: "files", multiple: true, accept, "aria-label": "Attach files", onchange: named }));
}

export function keys(event) {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
}

export function grow(box) {
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight, 200)}px`;
}

export function emptied(form) {
  form.reset();
  form.words.style.height = "auto";
  form.querySelector(".attach").dataset.many = "";
}

async function send(form, channel, rootTs) {
  const words = form.words.value;
  const chosen = [...form.files.files];
  if (!words.trim() && !chosen.length) return;
  const command = COMMAND.exec(words.startsWith("/") ? words.trim() : "");
  if (command && rootTs) { notice(`Slack: ${command[1]} does not work in threads.`, { isError: true }); return; }
  emptied(form);
  hint(form.words);
  const who = { team_id: team().id, user_id: me().id, channel_id: channel.id };
  const done = command
    ? await tried(act("slack", "command", { ...who, command: command[1], text: command[2] || "" }))
    : await said({ ...who, text: words, ...(rootTs && { thread_ts: rootTs }) }, chosen);
  if (done === null && !form.words.value) form.words.value = words; // nobody types it again because of an error
}

async function said(given, chosen) {
  const files = await Promise.all(chosen.map(packed));
  return tried(act("slack", "say", { ...given, ...(files.length && { files }) }));
}
