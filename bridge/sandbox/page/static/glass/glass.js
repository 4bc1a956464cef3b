// Behind the glass: what crossed, what is promised, and trouble to order.

import { h } from "../draw.js";
import { at, go } from "../place.js";
import { tried } from "../slack/notices.js";
import { act, tell, world } from "../world.js";
import { crossed } from "./crossed.js";
import { TROUBLES } from "./troubles.js";

let promised = {};

export function glass() {
  const isOpen = at("glass") === "open";
  const label = isOpen ? "Close the drawer" : "Behind the glass";
  return h("section", { class: isOpen ? "glass open" : "glass", "aria-label": "Behind the glass" },
    h("header", {}, h("button", { type: "button", class: "button", "aria-expanded": String(isOpen), onclick: () => go({ glass: isOpen ? "" : "open" }) }, label), process()),
    isOpen && h("div", { class: "glass-body" }, requests(), side()));
}

function process() {
  const { running } = world.seen.app;
  return h("p", { class: running ? "process" : "process stopped" }, running ? "The app is running." : "The app is stopped. What is sent now arrives when it is back: replies within a minute, texts within some.",
    h("button", { type: "button", class: "button", onclick: () => tried(act("app", running ? "stop" : "start")) }, running ? "Stop the app" : "Start the app"));
}

function requests() {
  return h("div", { class: "scrolls", tabindex: 0, role: "region", "aria-label": "Requests that crossed" }, h("table", { class: "crossed" },
    h("thead", {}, h("tr", {}, ["When", "Who to whom", "What", "Status", "ms", "Signed"].map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, crossed().map((one) => h("tr", { key: one.key, class: one.isBad ? "bad" : "" },
      h("td", {}, one.when), h("td", {}, one.who), h("td", {}, one.what), h("td", {}, one.status), h("td", {}, one.ms), h("td", {}, one.genuine))))));
}

function side() {
  const rows = Object.entries(promised);
  return h("div", { class: "side", tabindex: 0, role: "region", "aria-label": "Outbox and trouble", always: askForPromises },
    h("h2", {}, "Outbox"), rows.length ? h("ul", {}, rows.map(([state, many]) => h("li", {}, `${many} ${state}`))) : h("p", { class: "empty" }, "Every promise is kept."),
    h("h2", {}, "Trouble"), TROUBLES.map(([name, order, end]) => h("div", { class: "trouble", role: "group", "aria-label": name }, h("span", {}, name),
      h("button", { type: "button", class: "button", onclick: () => tried(order()) }, "Begin"),
      h("button", { type: "button", class: "button", onclick: () => tried(end()) }, "End"))));
}

async function askForPromises(box) {
  try {
    const found = await (await fetch("/outbox")).json();
    promised = Object.fromEntries(Object.entries(found).filter(([, many]) => many));
    const told = JSON.stringify(promised);
    if (box.dataset.promised !== told) {
      box.dataset.promised = told;
      tell();
    }
  } catch { /* the demo ends: the page says so elsewhere */ }
}
