// How the billing tab says things.

import { h } from "../draw.js";

const BAD = ["past_due", "unpaid", "incomplete", "uncollectible", "no answer"];
const GOOD = ["active", "paid", "heard"];

export const section = (title, ...inside) => h("section", { key: title, "aria-label": title }, h("h2", {}, title), inside);

export const fact = (name, value) => h("div", { key: name }, h("dt", {}, name), h("dd", {}, value));

export const badge = (word) =>
  h("span", { class: `badge ${GOOD.includes(word) ? "good" : BAD.includes(word) ? "bad" : ""}` }, word.replaceAll("_", " "));

export const day = (stamp) => new Date(stamp * 1000).toLocaleDateString(undefined, { dateStyle: "medium" });
export const moment = (stamp) => new Date(stamp * 1000).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });

export const money = (cents, currency) =>
  (cents / 100).toLocaleString(undefined, { style: "currency", currency: currency.toUpperCase() });
