// What can be done with a message: the app's shortcuts, and with one's own, to change and delete it.

import { h } from "../draw.js";
import { icon } from "../icons.js";
import { me, team } from "../place.js";
import { act, tell } from "../world.js";
import { keys } from "./composer.js";
import { notice, tried } from "./notices.js";
import { ofKind } from "./shortcuts.js";

let edited = ""; // the ts of the message that is being changed

export const isEdited = (one) => edited === one.ts;

export function menu(channel, one) {
  if (one.is_ephemeral) return null;
  const isMine = one.user === me().id && !one.bot_id;
  const edit = () => { edited = one.ts; tell(); };
  const remove = () => tried(act("slack", "delete", { team_id: team().id, channel_id: channel.id, ts: one.ts }), () => notice("Deleted."));
  const items = [
    ...ofKind("message", { channel_id: channel.id, message_ts: one.ts }),
    isMine && h("button", { key: "edit", type: "button", onclick: edit }, "Edit message"),
    isMine && h("button", { key: "delete", type: "button", class: "danger", onclick: remove }, "Delete message"),
  ].filter(Boolean);
  return items.length ? h("details", { class: "menu own" }, h("summary", { "aria-label": "More actions" }, icon("more")), h("div", {}, items)) : null;
}

// In place of the words, while they are changed.
export function editor(channel, one) {
  const done = () => { edited = ""; tell(); };
  const save = async (event) => {
    event.preventDefault();
    const words = event.target.words.value;
    const given = { team_id: team().id, channel_id: channel.id, ts: one.ts, text: words };
    if (words === asTyped(one.text) || await tried(act("slack", "edit", given), () => true) !== null) done();
  };
  const typing = (event) => {
    if (event.key === "Escape") { event.stopPropagation(); done(); }
    else keys(event);
  };
  const begin = (form) => { form.words.focus(); form.words.selectionStart = form.words.value.length; };
  return h("form", { key: "editor", class: "editor", onsubmit: save, once: begin },
    h("textarea", { name: "words", rows: 3, required: true, "aria-label": "The message as it should be", value: asTyped(one.text), onkeydown: typing }),
    h("button", { type: "button", class: "button", onclick: done }, "Cancel"), h("button", { class: "button primary" }, "Save"));
}

// The words as they were typed: Slack has put links into brackets and written three characters in another way.
function asTyped(text) {
  return text.replace(/<(https?:[^|>]*|mailto:[^|>]*)(?:\|([^>]*))?>/g, (_, target, label) => label || target)
    .replace(/&(amp|lt|gt);/g, (_, name) => ({ amp: "&", lt: "<", gt: ">" })[name]);
}
