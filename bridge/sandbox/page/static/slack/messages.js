// What is said in a channel or a thread, oldest first.

import { blocks } from "../blocks/blocks.js";
import { clock, day, ofTs } from "../blocks/dates.js";
import { emoji, mrkdwn } from "../blocks/mrkdwn.js";
import { h } from "../draw.js";
import { at, go, me, personOf, team } from "../place.js";
import { act, world } from "../world.js";
import { editor, isEdited, menu } from "./menu.js";
import { tried } from "../notices.js";
import { used } from "./used.js";

const NEAR = 80; // pixels from the end at which somebody reads along

// The roots of a channel, and what only this person sees.
export function messages(channel, empty = "Nothing has been said here yet. A text from a phone on the right begins a thread.") {
  const roots = channel.messages.filter((one) => !one.thread_ts || one.thread_ts === one.ts || one.subtype === "thread_broadcast");
  return list(channel, [...roots.filter((one) => !one.deleted), ...onlyForMe(channel, undefined)], { empty });
}

export function replies(channel, rootTs) {
  const every = channel.messages.filter((one) => (one.thread_ts || one.ts) === rootTs && (!one.deleted || one.ts === rootTs));
  return list(channel, [...every, ...onlyForMe(channel, rootTs)], { rootTs });
}

function onlyForMe(channel, rootTs) {
  return team().ephemerals.filter((one) => one.channel === channel.id && one.user === me().id && one.thread_ts === rootTs);
}

// In a thread, with its `rootTs`, messages open no threads.
function list(channel, every, { rootTs = "", empty }) {
  const sorted = every.sort((one, other) => Number(one.ts) - Number(other.ts));
  const rows = sorted.flatMap((one, number) => {
    const previous = sorted[number - 1];
    const today = day(ofTs(one.ts));
    const isNewDay = !previous || day(ofTs(previous.ts)) !== today;
    return [isNewDay && h("div", { key: `day ${today}`, class: "day" }, h("span", {}, today)), message(channel, one, rootTs)];
  });
  return h("div", { class: "messages", key: `${channel.id} ${rootTs}`, tabindex: 0, onscroll: remember, always: readAlong }, rows.length ? rows : h("p", { class: "empty" }, empty));
}

// Who reads the end goes on reading it; who has scrolled up stays where they are.
export function readAlong(box) {
  if (box.dataset.up !== "yes") box.scrollTop = box.scrollHeight;
}

export function remember(event) {
  const box = event.target;
  box.dataset.up = box.scrollHeight - box.scrollTop - box.clientHeight > NEAR ? "yes" : "";
}

function message(channel, one, rootTs) {
  const isTombstone = one.subtype === "tombstone";
  const author = one.bot_id ? one.username || world.seen.slack.app.name : personOf(one.user)?.name || "somebody";
  return h("article", { key: one.ts, class: one.is_ephemeral ? "message ephemeral" : "message" },
    h("div", { class: one.bot_id ? "face app" : "face", "aria-hidden": "true" }, one.bot_id ? "◆" : author[0]),
    h("div", { class: "said" },
      one.is_ephemeral && h("p", { class: "only" }, "Only visible to you"),
      h("p", { class: "who" }, h("b", {}, author), one.bot_id && h("span", { class: "badge" }, "APP"),
        h("time", { title: ofTs(one.ts).toLocaleString() }, clock(ofTs(one.ts)))),
      isTombstone ? h("p", { class: "gone" }, "This message was deleted.") : isEdited(one, rootTs) ? editor(channel, one) : words(channel, one, rootTs),
      files(one), reactions(channel, one), !rootTs && opensThread(channel, one)),
    !isTombstone && menu(channel, one, rootTs));
}

function words(channel, one, rootTs) {
  const chosen = team().chosen.find((each) => each.user === me().id && each.channel === channel.id && each.ts === one.ts);
  const use = used({
    press: (block, element, given) => pressed(channel, one, block, element, given), where: [channel.id, one.ts], scope: `${rootTs}·${one.ts}`,
    stateOf: (block, element) => chosen?.values[block.block_id]?.[element.action_id],
  });
  const text = one.blocks?.length ? blocks(one.blocks, use) : h("p", { dir: "auto" }, mrkdwn(one.text));
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

// Who presses one adds their own, or takes it back.
function reactions(channel, one) {
  const every = (one.reactions || []).filter((each) => each.count).map((each) => {
    const isMine = each.users.includes(me().id);
    const given = { team_id: team().id, channel_id: channel.id, user_id: me().id, ts: one.ts, name: each.name, remove: isMine };
    const who = each.users.map((id) => { const person = personOf(id); return !person || person.bot ? world.seen.slack.app.name : person.name; }).join(", ");
    return h("button", { key: each.name, type: "button", class: "reaction", "aria-pressed": String(isMine), title: `${who}: ${each.name}`,
      onclick: () => tried(act("slack", "react", given)) }, emoji(each.name), ` ${each.count}`);
  });
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
