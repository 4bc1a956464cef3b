// rich_text: what people typed, in the shape in which Slack's own editor keeps it.

import { h } from "../draw.js";
import { personOf } from "../place.js";
import { channelName, emoji, link } from "./mrkdwn.js";
import { dated } from "./dates.js";

const PARTS = {
  rich_text_section: (part) => h("p", {}, elements(part.elements)),
  rich_text_preformatted: (part) => h("pre", {}, elements(part.elements)),
  rich_text_quote: (part) => h("blockquote", {}, elements(part.elements)),
  rich_text_list: (part) =>
    h(part.style === "ordered" ? "ol" : "ul", { class: `indent-${part.indent || 0}` },
      part.elements.map((one) => h("li", {}, elements(one.elements)))),
};

export function richText(block) {
  return h("div", { class: "rich" }, (block.elements || []).map((part) => PARTS[part.type]?.(part) ?? unknown(part)));
}

const INLINE = {
  text: (one) => lines(one.text),
  link: (one) => link(one.url, [one.text || one.url]),
  emoji: (one) => emoji(one.name),
  user: (one) => h("span", { class: "mention" }, `@${personOf(one.user_id)?.name || "somebody"}`),
  channel: (one) => h("span", { class: "mention" }, `#${channelName(one.channel_id) || "a channel"}`),
  usergroup: () => h("span", { class: "mention" }, "@a group"),
  broadcast: (one) => h("span", { class: "mention" }, `@${one.range}`),
  date: (one) => dated([one.timestamp, one.format], one.fallback),
  color: (one) => h("code", {}, one.value),
};

const STYLES = { code: "code", strike: "s", italic: "em", bold: "strong", underline: "u" };

function elements(every) {
  return (every || []).map((one) => styled(INLINE[one.type]?.(one) ?? unknown(one), one.style || {}));
}

function styled(inside, style) {
  return Object.keys(STYLES).filter((name) => style[name]).reduce((inner, name) => h(STYLES[name], {}, inner), inside);
}

function lines(text) {
  return String(text).split("\n").flatMap((line, number) => (number ? [h("br"), line] : [line]));
}

function unknown(part) {
  return h("span", { class: "undrawn" }, `(${part.type} is not drawn here)`);
}
