// What is said in a channel or a thread, oldest first.

import { blocks } from "../blocks/blocks.js";
import { clock, day, ofTs } from "../blocks/dates.js";
import { emoji, mrkdwn } from "../blocks/mrkdwn.js";
import { h } from "../draw.js";
import { at, go, me, personOf, team } from "../place.js";
import { act } from "../world.js";
import { notice, tried } from "./notices.js";
import { used } from "./used.js";

const NEAR = 80; // pixels from the end at which somebody reads along

// The roots of a channel, and what only this person sees.
export function messages(channel) {
  const roots = channel.messages.filter((one) => !one.thread_ts || one.thread_ts === one.ts || one.subtype === "thread_broadcast");
  return list(channel, [...roots.filter((one) => !one.deleted), ...onlyForMe(channel, undefined)], true);
}

export function replies(channel, rootTs) {
  const every = channel.messages.filter((one) => (one.thread_ts || one.ts) === rootTs && (!one.deleted || one.ts === rootTs));
  return list(channel, [...every, ...onlyForMe(channel, rootTs)], false);
}

function onlyForMe(channel, rootTs) {
  return team().ephemerals.filter((one) => one.channel === channel.id && one.user === me().id && one.thread_ts === rootTs);
}

function list(channel, every, withThreads) {
  const sorted = every.sort((one, other) => Number(one.ts) - Number(other.ts));
  const rows = sorted.flatMap((one, number) => {
    const previous = sorted[number - 1];
    const today = day(ofTs(one.ts));
    const isNewDay = !previous || day(ofTs(previous.ts)) !== today;
    return [isNewDay && h("div", { key: `day ${today}`, class: "day" }, h("span", {}, today)), message(channel, one, withThreads)];
  });
  const empty = h("p", { class: "empty" }, "Nothing has been said here yet. A text from a phone on the right begins a thread.");
  return h("div", { class: "messages", key: `${channel.id} ${withThreads}`, tabindex: 0, onscroll: remember, always: readAlong }, rows.length ? rows : empty);
}

// Who reads the end goes on reading it; who has scrolled up stays where they are.
function readAlong(box) {
  if (box.dataset.up !== "yes") box.scrollTop = box.scrollHeight;
}

function remember(event) {
  const box = event.target;
  box.dataset.up = box.scrollHeight - box.scrollTop - box.clientHeight > NEAR ? "yes" : "";
}

function message(channel, one, withThreads) {
  const isTombstone = one.subtype === "tombstone";
  const author = one.bot_id ? one.username || "Two-way SMS" : personOf(one.user)?.name || "somebody";
  return h("article", { key: one.ts, class: one.is_ephemeral ? "message ephemeral" : "message" },
    h("div", { class: one.bot_id ? "face app" : "face", "aria-hidden": "true" }, one.bot_id ? "◆" : author[0]),
    h("div", { class: "said" },
      one.is_ephemeral && h("p", { class: "only" }, "Only visible to you"),
      h("p", { class: "who" }, h("b", {}, author), one.bot_id && h("span", { class: "badge" }, "APP"),
        h("time", { title: ofTs(one.ts).toLocaleString() }, clock(ofTs(one.ts)))),
      isTombstone ? h("p", { class: "gone" }, "This message was deleted.") : words(channel, one),
      files(one), reactions(one), withThreads && opensThread(channel, one)),
    !isTombstone && menu(channel, one));
}

function words(channel, one) {
  const use = used({ press: (block, element, chosen) => pressed(channel, one, block, element, chosen), where: [channel.id, one.ts] });
  const text = one.blocks?.length ? blocks(one.blocks, use) : h("p", {}, mrkdwn(one.text));
  return h("div", { class: "words" }, text, one.edited && h("small", { class: "edited" }, "(edited)"));
}

function pressed(channel, one, block, element, chosen) {
  const given = { team_id: team().id, user_id: me().id, channel_id: channel.id, ts: one.ts, action_id: element.action_id, block_id: block.block_id };
  tried(act("slack", "click", { ...given, value: element.value ?? null, selected: chosen ?? null }));
}

function files(one) {
  const every = (one.files || []).map((file) => {
    const address = `/file/${team().id}/${file.id}`;
    const isPicture = /^image\//.test(file.mimetype);
    return h("a", { href: address, target: "_blank", class: "file" }, isPicture ? h("img", { src: address, alt: file.title }) : `📄 ${file.title}`);
  });
  return every.length ? h("div", { class: "files" }, every) : null;
}

function reactions(one) {
  const every = (one.reactions || []).filter((each) => each.count).map((each) =>
    h("button", { key: each.name, type: "button", class: "reaction", title: `${each.users.map((id) => personOf(id)?.name).join(", ")}: ${each.name}` },
      emoji(each.name), ` ${each.count}`));
  return every.length ? h("div", { class: "reactions" }, every) : null;
}

function opensThread(channel, one) {
  const answers = channel.messages.filter((other) => other.thread_ts === one.ts && other.ts !== one.ts && !other.deleted);
  const label = answers.length ? `${answers.length} ${answers.length === 1 ? "reply" : "replies"}` : "Reply";
  const last = answers.at(-1);
  const open = (event) => { event.preventDefault(); go({ thread: one.ts }); };
  return h("a", { class: answers.length ? "replies" : "replies none", href: `#thread=${one.ts}`, "aria-expanded": String(at("thread") === one.ts), onclick: open },
    label, last && h("small", {}, ` last ${clock(ofTs(last.ts))}`));
}

function menu(channel, one) {
  const isMine = one.user === me().id && !one.bot_id && !one.is_ephemeral;
  if (!isMine) return null;
  const edit = () => {
    const words = prompt("The message as it should be", one.text);
    if (words !== null && words !== one.text) tried(act("slack", "edit", { team_id: team().id, channel_id: channel.id, ts: one.ts, text: words }));
  };
  const remove = () => tried(act("slack", "delete", { team_id: team().id, channel_id: channel.id, ts: one.ts }), () => notice("Deleted."));
  return h("details", { class: "menu own" }, h("summary", { "aria-label": "More" }, "⋯"),
    h("div", {}, h("button", { type: "button", onclick: edit }, "Edit message"), h("button", { type: "button", class: "danger", onclick: remove }, "Delete message")));
}
