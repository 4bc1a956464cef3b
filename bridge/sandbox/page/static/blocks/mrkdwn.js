// mrkdwn as Slack shows it. It becomes elements, never markup: what people type stays text.

import { h } from "../draw.js";
import { personOf, team } from "../place.js";
import { world } from "../world.js";
import { dated } from "./dates.js";

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };
const STYLES = { "*": "strong", _: "em", "~": "s" };
const STYLED = /(?<![\p{L}\p{N}])([*_~])(?!\s)((?:(?!\1)[^\n])+?)(?<!\s)\1(?![\p{L}\p{N}])/u;
const TOKEN = /`[^`\n]+`|<[^<>\n]+>/g; // what styles do not look into
const FIRST = 0xe000; // characters that mean nothing stand for tokens meanwhile
const KEPT = /[\ue000-\uf8ff]/;

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

// Lines that begin with > are quoted; after >>> all of them.
function quotes(text) {
  const at = text.search(/^&gt;&gt;&gt;/m);
  if (at >= 0) return [...quotes(text.slice(0, at).replace(/\n$/, "")), h("blockquote", {}, inline(text.slice(at).replace(/^&gt;&gt;&gt; ?/, "")))];
  const shown = [];
  for (const line of text ? text.split("\n") : []) {
    const quoted = /^&gt; ?(.*)$/.exec(line);
    const last = shown.at(-1);
    if (last && last.isQuote === Boolean(quoted)) last.lines.push(quoted ? quoted[1] : line);
    else shown.push({ isQuote: Boolean(quoted), lines: [quoted ? quoted[1] : line] });
  }
  return shown.flatMap(({ isQuote, lines }) => (isQuote ? h("blockquote", {}, inline(lines.join("\n"))) : inline(lines.join("\n"))));
}

function inline(text) {
  const kept = [];
  const marked = text.replace(/[\ue000-\uf8ff]/g, "\ufffd").replace(TOKEN, (token) => String.fromCharCode(FIRST + kept.push(token) - 1));
  return styled(marked, kept);
}

function styled(text, kept) {
  return pieces(text, STYLED, (mark, inside) => h(STYLES[mark], {}, styled(inside, kept)), (rest) => leaves(rest, kept));
}

function leaves(text, kept) {
  const parts = text.split(KEPT);
  const tokens = [...text].filter((one) => KEPT.test(one)).map((one) => kept[one.charCodeAt(0) - FIRST]);
  return parts.flatMap((part, number) => [withEmoji(plain(part)), number < tokens.length ? token(tokens[number]) : []].flat());
}

function token(text) {
  if (text.startsWith("`")) return h("code", {}, plain(text.slice(1, -1)));
  const [, target, label] = /^<([^|]*)\|?([\s\S]*)>$/.exec(text);
  if (target.startsWith("@")) return mention(personOf(target.slice(1))?.name || label || "somebody");
  if (target.startsWith("#")) return h("span", { class: "mention" }, `#${channelName(target.slice(1)) || label || "a channel"}`);
  if (target.startsWith("!date^")) return dated(target.slice(6).split("^"), plain(label));
  if (target.startsWith("!subteam^")) return mention(label.replace(/^@/, "") || "a group");
  if (target.startsWith("!")) return mention(label.replace(/^@/, "") || target.slice(1));
  return link(plain(target), label ? withEmoji(plain(label)) : [plain(target)]);
}

export const mention = (name) => h("span", { class: "mention" }, `@${name}`);

export function channelName(id) {
  return team().channels.find((one) => one.id === id)?.name;
}

// Only what a browser opens without running it.
export const isSafe = (target) => /^(https?|mailto|tel):/i.test(target);

export function link(target, inside) {
  if (!isSafe(target)) return h("span", {}, inside);
  return h("a", { href: target, target: "_blank", rel: "noreferrer noopener" }, inside);
}

export function emoji(name) {
  const [base, tone] = name.split("::skin-tone-");
  if (!Object.hasOwn(world.emoji, base)) return `:${name}:`;
  const [first, ...others] = [...world.emoji[base]];
  const shade = tone ? String.fromCodePoint(0x1f3f9 + Number(tone)) : "";
  return h("span", { class: "emoji", role: "img", "aria-label": base, title: `:${name}:` }, first + shade + others.join(""));
}

export function withEmoji(text) {
  return pieces(text, /:([a-z0-9_+'-]+(?:::skin-tone-[2-6])?):/, emoji, (rest) => [rest]);
}
