// Phones: one for each person who texts, with the thread as they see it.

import { h } from "../draw.js";
import { at, go } from "../place.js";
import { tried } from "../slack/notices.js";
import { act, packed, world } from "../world.js";
import { MAGIC, named, national, unused } from "./numbers.js";

const MARKS = { delivered: "✓✓ delivered", sent: "✓ sent", undelivered: "✗ not delivered", failed: "✗ failed" };

export function phones() {
  const every = Object.entries(world.seen.twilio.phones);
  const open = at("phone") || every[0]?.[0] || "";
  const isNew = open && !world.seen.twilio.phones[open];
  return h("section", { class: "phones", "aria-label": "Phones" },
    h("header", { class: "top" }, h("h2", {}, "Phones"), h("button", { type: "button", class: "button", onclick: newPhone }, "New phone"), explained()),
    h("div", { class: "phones-body" },
      h("nav", { class: "drawerful", "aria-label": "All phones" }, isNew && entry([open, { thread: [], on: true }], open),
        every.sort(byNewest).map((one) => entry(one, open))),
      open ? phone(open, world.seen.twilio.phones[open] || { thread: [], on: true }) : h("p", { class: "empty" }, "No phone yet. “New phone” makes one.")));
}

const byNewest = ([, one], [, other]) => (other.thread.at(-1)?.at || "").localeCompare(one.thread.at(-1)?.at || "");

function newPhone() {
  go({ phone: unused(Object.keys(world.seen.twilio.phones)), side: "phones" });
}

function entry([number, { thread, on }], open) {
  return h("button", { key: number, type: "button", class: "entry", "aria-current": number === open ? "true" : undefined, onclick: () => go({ phone: number }) },
    h("b", {}, national(number)), !on && h("span", { class: "badge" }, "off"), MAGIC[number] && h("span", { class: "badge" }, "magic"),
    h("small", {}, thread.at(-1)?.body || "no texts yet"));
}

function explained() {
  return h("details", { class: "menu magic" }, h("summary", {}, "Magic numbers"),
    h("dl", {}, Object.entries(MAGIC).map(([number, what]) => [
      h("dt", {}, h("button", { type: "button", onclick: () => go({ phone: number }) }, national(number))), h("dd", {}, what)])));
}

function phone(number, { thread, on }) {
  const firms = world.seen.twilio.numbers;
  const firm = at("firm") || thread.at(-1)?.with || firms[0]?.phone_number;
  const isStopped = world.seen.twilio.opted_out.some((pair) => pair.includes(number) && pair.includes(firm));
  return h("div", { key: number, class: on ? "phone" : "phone off" },
    h("header", {}, h("h3", {}, national(number)), MAGIC[number] && h("p", { class: "hint" }, MAGIC[number]),
      firms.length > 1 && h("label", { class: "picker" }, h("span", {}, "texts"), h("select", { onchange: (event) => go({ firm: event.target.value }) },
        firms.map((one) => h("option", { value: one.phone_number, selected: one.phone_number === firm }, named(one))))),
      h("button", { type: "button", class: "button", onclick: () => tried(act("twilio", "phone", { phone: number, on: !on })) }, on ? "Switch off" : "Switch on")),
    h("div", { class: "bubbles", tabindex: 0, always: (box) => { box.scrollTop = box.scrollHeight; } },
      thread.map(bubble(number)), isStopped && h("p", { class: "hint" }, "This phone has said STOP: the carrier delivers nothing to it."),
      !thread.length && h("p", { class: "empty" }, "Type the first text below.")),
    h("form", { key: `text ${number}`, class: "composer", onsubmit: (event) => { event.preventDefault(); text(event.target, number, firm); } },
      h("textarea", { name: "words", rows: 1, placeholder: "Text message", "aria-label": `Text from ${national(number)}`, disabled: !on,
        onkeydown: (event) => { if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); event.target.form.requestSubmit(); } } }),
      h("label", { class: "attach", title: "Attach a picture" }, "📎", h("input", { type: "file", name: "files", multiple: true, accept: "image/*" })),
      h("button", { class: "send", "aria-label": "Send the text", disabled: !on }, "➤")));
}

const bubble = (number) => (one) => {
  const sent = world.seen.twilio.messages.find((message) => message.sid === one.sid);
  const mark = one.mine ? null : one.automatic ? "from the carrier" : MARKS[sent?.status];
  return h("div", { key: one.sid, class: one.mine ? "bubble mine" : "bubble" }, one.body,
    one.files.map((_, index) => h("img", { src: `/twilio/_/file?phone=${encodeURIComponent(number)}&sid=${one.sid}&index=${index}`, alt: "A picture" })),
    mark && h("small", {}, mark));
};

async function text(form, from, to) {
  const chosen = [...form.files.files];
  const body = form.words.value;
  if (!body.trim() && !chosen.length) return;
  form.reset();
  const media = await Promise.all(chosen.map(packed));
  await tried(act("twilio", "text", { from, to, body, media }));
}
