// Where people write in Slack. What begins with / is a command, but not in threads.

import { h } from "../draw.js";
import { icon } from "../icons.js";
import { notice, tried } from "../notices.js";
import { me, team } from "../place.js";
import { attach, box, sending } from "../typing.js";
import { act, packed } from "../world.js";
import { hint } from "./hints.js";
import { shortcuts } from "./shortcuts.js";

const COMMAND = /^(\/[a-z_-]+)(?:\s+([\s\S]*))?$/i;

export function composer(channel, rootTs) {
  if (channel.archived) return h("p", { class: "composer closed" }, "This channel is archived: nobody can write here.");
  const where = rootTs ? "Reply in thread" : `Message #${channel.name}`;
  const key = `composer ${channel.id} ${rootTs || ""} ${me().id}`;
  return h("form", { key, class: "composer", onsubmit: (event) => { event.preventDefault(); send(event.target, key, channel, rootTs); } },
    h("div", { class: "hints", role: "group", "aria-label": "Commands", own: true, hidden: true }),
    !rootTs && shortcuts("global", {}),
    box(key, { placeholder: where, "aria-label": where, oninput: rootTs ? undefined : hint }),
    attach(), h("button", { class: "send", "aria-label": "Send" }, icon("paper-plane")));
}

async function send(form, key, channel, rootTs) {
  const who = { team_id: team().id, user_id: me().id, channel_id: channel.id };
  await sending(form, key, async (words, files) => {
    const command = COMMAND.exec(words.startsWith("/") ? words.trim() : "");
    if (command && rootTs) { notice(`Slack: ${command[1]} does not work in threads.`, { isError: true }); return null; }
    if (command) return tried(act("slack", "command", { ...who, command: command[1].toLowerCase(), text: command[2] || "" }));
    const packs = await Promise.all(files.map(packed));
    return tried(act("slack", "say", { ...who, text: words, ...(rootTs && { thread_ts: rootTs }), ...(packs.length && { files: packs }) }));
  });
  hint(form.words);
}
