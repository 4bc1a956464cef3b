// Where people type. Enter sends, Shift and Enter break the line; what begins with / is a command.

import { h } from "../draw.js";
import { me, team } from "../place.js";
import { act, packed } from "../world.js";
import { tried } from "./notices.js";

const COMMAND = /^(\/[a-z_-]+)(?:\s+([\s\S]*))?$/;

export function composer(channel, rootTs) {
  if (channel.archived) return h("p", { class: "composer closed" }, "This channel is archived: nobody can write here.");
  const where = rootTs ? "Reply in thread" : `Message #${channel.name}, or type /sms`;
  const key = `composer ${channel.id} ${rootTs || ""} ${me().id}`;
  return h("form", { key, class: "composer", onsubmit: (event) => { event.preventDefault(); send(event.target, channel, rootTs); } },
    h("textarea", { name: "words", rows: 1, placeholder: where, "aria-label": where, oninput: grow, onkeydown: keys }),
    h("label", { class: "attach", title: "Attach a picture" }, "📎", h("input", { type: "file", name: "files", multiple: true, accept: "image/*", onchange: named })),
    h("button", { class: "send", "aria-label": "Send" }, "➤"));
}

function keys(event) {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
}

function grow(event) {
  const box = event.target;
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight, 200)}px`;
}

// How many pictures go along is seen before they are sent.
function named(event) {
  const many = event.target.files.length;
  event.target.closest("label").dataset.many = many ? String(many) : "";
}

async function send(form, channel, rootTs) {
  const words = form.words.value;
  const chosen = [...form.files.files];
  if (!words.trim() && !chosen.length) return;
  form.reset();
  form.words.style.height = "auto";
  form.querySelector(".attach").dataset.many = "";
  const who = { team_id: team().id, user_id: me().id, channel_id: channel.id };
  const command = COMMAND.exec(words.trim());
  if (command && !rootTs) {
    await tried(act("slack", "command", { ...who, command: command[1], text: command[2] || "" }));
  } else {
    const files = await Promise.all(chosen.map(packed));
    await tried(act("slack", "say", { ...who, text: words, ...(rootTs && { thread_ts: rootTs }), ...(files.length && { files }) }));
  }
}
