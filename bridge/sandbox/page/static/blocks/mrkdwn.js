// mrkdwn as Slack shows it. It becomes elements, never markup: what people type stays text.

import { h } from "../draw.js";
import { personOf, team } from "../place.js";
import { world } from "../world.js";
import { dated } from "./dates.js";

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };
const STYLES = [["*", "strong"], ["_", "em"], ["~", "s"]];

export function plain(text) {
  return String(text ?? "").replace(/&(amp|lt|gt);/g, (entity) => ENTITIES[entity]);
}

// A plain_text or mrkdwn object, or a string of mrkdwn.
export function worded(text) {
  if (text && text.type === "plain_text") return text.emoji === false ? [text.text] : withEmoji(text.text);
  return mrkdwn(typeof text === "string" ? text : text?.text);
}

export function mrkdwn(text) {
  return pieces(String(text ?? ""), /```([\s\S]+?)```/, (code) => h("pre", {}, plain(code.replace(/^\n/, ""))), quotes);
}

// Split at each match: what matches goes to `draw`, what lies between to `rest`.
function pieces(text, pattern, draw, rest) {
  const found = pattern.exec(text);
  if (!found) return text ? [rest(text)].flat() : [];
  const before = text.slice(0, found.index);
  const after = text.slice(found.index + found[0].length);
  return [before ? rest(before) : [], draw(...found.slice(1)), pieces(after, pattern, draw, rest)].flat();
}

function quotes(text) {
  const shown = [];
  for (const line of text.split("\n")) {
    const quoted = /^&gt; ?(.*)$/.exec(line);
    const last = shown.at(-1);
    if (quoted && last?.quote) last.lines.push(quoted[1]);
    else if (quoted) shown.push({ quote: true, lines: [quoted[1]] });
    else if (last && !last.quote) last.lines.push(line);
    else shown.push({ quote: false, lines: [line] });
  }
  return shown.map((part) => {
    const inside = part.lines.flatMap((line, number) => (number ? [h("br"), inline(line)] : inline(line))).flat();
    return part.quote ? h("blockquote", {}, inside) : inside;
  }).flat();
}

function inline(text) {
  return pieces(text, /`([^`\n]+)`/, (code) => h("code", {}, plain(code)), links);
}

function links(text) {
  return pieces(text, /<([^<>\n]+)>/, reference, (rest) => styled(rest, STYLES));
}

// <https://…|label>, <@U…>, <#C…|name>, <!date^…>, <!here>
function reference(inside) {
  const [target, label] = inside.split(/\|(.*)/s);
  if (target.startsWith("@")) return h("span", { class: "mention" }, `@${personOf(target.slice(1))?.name || label || "somebody"}`);
  if (target.startsWith("#")) return h("span", { class: "mention" }, `#${channelName(target.slice(1)) || label || "a channel"}`);
  if (target.startsWith("!date^")) return dated(target.slice(6).split("^"), label);
  if (target.startsWith("!")) return h("span", { class: "mention" }, `@${label || target.slice(1)}`);
  return link(plain(target), label ? withEmoji(plain(label)) : [plain(target)]);
}

export function channelName(id) {
  return team().channels.find((one) => one.id === id)?.name;
}

export function link(target, inside) {
  if (!/^(https?|mailto|tel):/i.test(target)) return h("span", {}, inside);
  return h("a", { href: target, target: "_blank", rel: "noreferrer noopener" }, inside);
}

function styled(text, styles) {
  if (!styles.length) return withEmoji(plain(text));
  const [[mark, tag], ...others] = styles;
  const escaped = `\\${mark}`;
  const pattern = new RegExp(`(?<![\\w${escaped}])${escaped}(?=\\S)([^${escaped}\\n]*\\S)${escaped}(?![\\w${escaped}])`);
  return pieces(text, pattern, (inside) => h(tag, {}, styled(inside, styles)), (rest) => styled(rest, others));
}

export function emoji(name) {
  const known = world.emoji[name.split("::")[0]];
  return known ? h("span", { class: "emoji", role: "img", "aria-label": name, title: `:${name}:` }, known) : `:${name}:`;
}

export function withEmoji(text) {
  return pieces(text, /:([a-z0-9_+-]+(?:::skin-tone-\d)?):/, emoji, (rest) => [rest]);
}
