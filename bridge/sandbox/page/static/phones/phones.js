// Phones: one for each person who texts, with the thread as they see it.

import { h } from "../draw.js";
import { icon } from "../icons.js";
import { at, go } from "../place.js";
import { readAlong, remember } from "../slack/messages.js";
import { attach, box, sending } from "../typing.js";
import { tried } from "../notices.js";
import { act, packed, world } from "../world.js";
import { MAGIC, named, national, unused } from "./numbers.js";

const MARKS = { delivered: "✓✓ delivered", sent: "✓ sent" }; // nothing else reaches a phone

export function phones() {
  const every = Object.entries(world.seen.twilio.phones);
  const open = at("phone") || every[0]?.[0] || "";
  const isNew = open && !world.seen.twilio.phones[open];
  return h("div", { key: "phones", class: "phones" },
    h("header", { class: "top" }, h("button", { type: "button", class: "button", onclick: newPhone }, "New phone"), explained()),
    h("div", { class: "phones-body" },
      h("nav", { class: "drawerful", "aria-label": "All phones" }, isNew && entry([open, { thread: [], on: true }], open),
        every.sort(byNewest).map((one) => entry(one, open))),
      open ? phone(open, world.seen.twilio.phones[open] || { thread: [], on: true }) : h("p", { class: "empty" }, "No phone yet. “New phone” makes one.")));
}

const byNewest = ([, one], [, other]) => (other.thread.at(-1)?.at || "").localeCompare(one.thread.at(-1)?.at || "");

function newPhone() {
  go({ phone: unused([...Object.keys(world.seen.twilio.phones), at("phone")]), firm: "", side: "right", right: "" });
}

function entry([number, { thread, on }], open) {
  return h("button", { key: number, type: "button", class: "entry", "aria-current": number === open ? "true" : undefined, onclick: () => go({ phone: number, firm: "" }) },
    h("b", {}, national(number)), !on && h("span", { class: "badge" }, "off"), MAGIC[number] && h("span", { class: "badge" }, "magic"),
    h("small", {}, thread.at(-1)?.body || "no texts yet"));
}

function explained() {
  return h("details", { class: "menu magic" }, h("summary", {}, "Magic numbers"),
    h("dl", {}, Object.entries(MAGIC).map(([number, what]) => [
      h("dt", {}, h("button", { type: "button", onclick: () => go({ phone: number, firm: "" }) }, national(number))), h("dd", {}, what)])));
}

function phone(number, { thread, on }) {
  const firms = world.seen.twilio.numbers;
  const firm = at("firm") || thread.at(-1)?.with || firms[0]?.phone_number;
  const texts = thread.filter((one) => one.with === firm);
  const key = `text ${number} ${firm}`;
  const isStopped = world.seen.twilio.opted_out.some((pair) => pair.includes(number) && pair.includes(firm));
  return h("div", { key: number, class: on ? "phone" : "phone off" },
    h("header", {}, h("h2", {}, national(number)), MAGIC[number] && h("p", { class: "hint" }, MAGIC[number]),
      firms.length > 1 && h("label", { class: "picker" }, h("span", {}, "texts"), h("select", { onchange: (event) => go({ firm: event.target.value }) },
        firms.map((one) => h("option", { value: one.phone_number, selected: one.phone_number === firm }, named(one))))),
      h("button", { type: "button", class: "button", onclick: () => tried(act("twilio", "phone", { phone: number, on: !on })) }, on ? "Switch off" : "Switch on")),
    h("div", { key: `${number} ${firm}`, class: "bubbles", tabindex: 0, role: "log", "aria-label": `Texts of ${national(number)}`, onscroll: remember, always: readAlong },
      texts.map(bubble(number)), isStopped && h("p", { class: "hint" }, "This phone has said STOP: the carrier delivers nothing to it."),
      !texts.length && h("p", { class: "empty" }, "Type the first text below.")),
    h("form", { key, class: "composer", onsubmit: (event) => { event.preventDefault(); text(event.target, key, number, firm); } },
      box(key, { placeholder: on ? "Text message" : "Switched off", "aria-label": `Text from ${national(number)}`, disabled: !on }),
      attach({ accept: "image/*", disabled: !on }), h("button", { class: "send", "aria-label": "Send the text", disabled: !on }, icon("paper-plane"))));
}

const bubble = (number) => (one) => {
  const sent = world.seen.twilio.messages.find((message) => message.sid === one.sid);
  const mark = one.mine ? null : one.automatic ? "from the carrier" : MARKS[sent?.status];
  return h("div", { key: one.sid, class: one.mine ? "bubble mine" : "bubble", dir: "auto" }, one.body,
    one.files.map((_, index) => h("img", { src: `/twilio/_/file?phone=${encodeURIComponent(number)}&sid=${one.sid}&index=${index}`, alt: "A picture" })),
    mark && h("small", {}, mark));
};

async function text(form, key, from, to) {
  await sending(form, key, async (body, files) =>
    tried(act("twilio", "text", { from, to, body, media: await Promise.all(files.map(packed)) })));
}
