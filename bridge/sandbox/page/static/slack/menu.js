// What can be done with a message: the app's shortcuts, and with one's own, to change and delete it.

import { confirmed } from "../blocks/confirmed.js";
import { emoji } from "../blocks/mrkdwn.js";
import { h } from "../draw.js";
import { icon } from "../icons.js";
import { me, team } from "../place.js";
import { act, tell } from "../world.js";
import { notice, tried } from "../notices.js";
import { keys } from "../typing.js";
import { ofKind } from "./shortcuts.js";

const FACES = ["+1", "eyes", "white_check_mark"];
const SURE = { title: "Delete message", text: "It cannot be brought back.", confirm: "Delete", style: "danger" };
let edited = ""; // who is changing which message, and where it stands

const named = (one, rootTs) => `${me().id} ${rootTs} ${one.ts}`;

export const isEdited = (one, rootTs) => edited === named(one, rootTs);

export function menu(channel, one, rootTs) {
  if (one.is_ephemeral) return null;
  const isMine = one.user === me().id && !one.bot_id;
  const edit = () => { edited = named(one, rootTs); tell(); };
  const where = { team_id: team().id, channel_id: channel.id, ts: one.ts };
  const remove = () => confirmed(SURE, () => tried(act("slack", "delete", where), () => notice("Deleted.")));
  const react = (name) => tried(act("slack", "react", { ...where, user_id: me().id, name }));
  const items = [
    h("div", { key: "faces", class: "faces" }, FACES.map((name) =>
      h("button", { key: name, type: "button", "aria-label": `React with ${name}`, onclick: () => react(name) }, emoji(name)))),
    ...ofKind("message", { channel_id: channel.id, message_ts: one.ts }),
    isMine && h("button", { key: "edit", type: "button", onclick: edit }, "Edit message"),
    isMine && h("button", { key: "delete", type: "button", class: "danger", onclick: remove }, "Delete message"),
  ].filter(Boolean);
  return h("details", { class: "menu own" }, h("summary", { "aria-label": "More actions" }, icon("more")), h("div", {}, items));
}

// In place of the words, while they are changed.
export function editor(channel, one) {
  const done = () => { edited = ""; tell(); };
  const save = async (event) => {
    event.preventDefault();
    const form = event.target;
    if (form.busy) return;
    form.busy = true;
    const given = { team_id: team().id, channel_id: channel.id, ts: one.ts, text: form.words.value };
    if (given.text === asTyped(one.text) || await tried(act("slack", "edit", given)) !== null) done();
    form.busy = false;
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
