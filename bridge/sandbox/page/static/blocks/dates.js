// Moments, as the reader's own clock has them.

import { h } from "../draw.js";

const DATE = { year: "numeric", month: "long", day: "numeric" };
const SHORT = { ...DATE, month: "short" };

const told = (moment, options) => moment.toLocaleDateString(undefined, options);

function pretty(moment, options) {
  const days = Math.round((midnight(new Date()) - midnight(moment)) / 86_400_000);
  return { 0: "today", 1: "yesterday", "-1": "tomorrow" }[days] || told(moment, options);
}

const midnight = (moment) => new Date(moment.getFullYear(), moment.getMonth(), moment.getDate());

const TOKENS = {
  date_num: (moment) => [moment.getFullYear(), moment.getMonth() + 1, moment.getDate()].map((part) => String(part).padStart(2, "0")).join("-"),
  date: (moment) => told(moment, DATE),
  date_short: (moment) => told(moment, SHORT),
  date_long: (moment) => told(moment, { ...DATE, weekday: "long" }),
  date_pretty: (moment) => pretty(moment, DATE),
  date_short_pretty: (moment) => pretty(moment, SHORT),
  date_long_pretty: (moment) => pretty(moment, { ...DATE, weekday: "long" }),
  time: (moment) => clock(moment),
  time_secs: (moment) => moment.toLocaleTimeString(),
};

// <!date^seconds^format^link|fallback>
export function dated([seconds, format, target], fallback) {
  const moment = new Date(Number(seconds) * 1000);
  if (Number.isNaN(moment.getTime()) || !format) return fallback || "";
  const words = format.replace(/\{(\w+)\}/g, (whole, name) => (Object.hasOwn(TOKENS, name) ? TOKENS[name](moment) : whole));
  const shown = h("time", { datetime: moment.toISOString(), title: moment.toLocaleString() }, words);
  return target && /^https?:/i.test(target) ? h("a", { href: target, target: "_blank", rel: "noreferrer noopener" }, shown) : shown;
}

export function clock(moment) {
  return moment.toLocaleTimeString(undefined, { hour: "numeric", minute: "2-digit" });
}

export function ofTs(ts) {
  return new Date(Number(ts) * 1000);
}

export function day(moment) {
  const words = pretty(moment, { weekday: "long", month: "long", day: "numeric" });
  return words[0].toUpperCase() + words.slice(1);
}
