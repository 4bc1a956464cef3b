// Behind the glass: what crossed, what is promised, and trouble to order.

import { h } from "../draw.js";
import { at, go } from "../place.js";
import { tried } from "../notices.js";
import { act, tell, world } from "../world.js";
import { crossed } from "./crossed.js";

let promised = {}; // what waits in the outbox, by state; null while the app does not answer
let isAsking = false;

export function glass() {
  const isOpen = at("glass") === "open";
  const label = isOpen ? "Close the drawer" : "Behind the glass";
  return h("section", { class: isOpen ? "glass open" : "glass", "aria-label": "Behind the glass" },
    h("header", {}, h("button", { type: "button", class: "button", "aria-expanded": String(isOpen), onclick: () => go({ glass: isOpen ? "" : "open" }) }, label), process()),
    isOpen && h("div", { class: "glass-body" }, requests(), side()));
}

function process() {
  const { running, held } = world.seen.app;
  const told = held ? "The demo is being filled …" : running ? "The app is running."
    : "The app is stopped. What is sent now arrives when it is back: replies within a minute, texts within some.";
  return h("p", { class: running || held ? "process" : "process stopped", role: "status" }, told,
    h("button", { type: "button", class: "button", disabled: held, onclick: () => tried(act("app", running ? "stop" : "start")) }, running || held ? "Stop the app" : "Start the app"));
}

function requests() {
  return h("div", { class: "scrolls", tabindex: 0, role: "region", "aria-label": "Requests that crossed" }, h("table", { class: "crossed" },
    h("thead", {}, h("tr", {}, ["When", "Who to whom", "What", "Status", "ms", "Signed"].map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, crossed().map((one) => h("tr", { key: one.key, class: one.isBad ? "bad" : "" },
      h("td", {}, one.when), h("td", {}, one.who), h("td", {}, one.what), h("td", {}, one.status), h("td", {}, one.ms), h("td", {}, one.genuine))))));
}

function side() {
  return h("div", { class: "side", tabindex: 0, role: "region", "aria-label": "Outbox and trouble", always: askForPromises },
    h("h2", {}, "Outbox"), outbox(), h("h2", {}, "Trouble"), world.seen.troubles.map(trouble));
}

function outbox() {
  if (promised === null) return h("p", { class: "empty" }, "The app does not answer.");
  const rows = Object.entries(promised).filter(([, many]) => many);
  return rows.length ? h("ul", {}, rows.map(([state, many]) => h("li", {}, `${many} ${state}`))) : h("p", { class: "empty" }, "Every promise is kept.");
}

function trouble({ id, name, on }) {
  return h("button", { key: id, type: "button", class: "trouble", role: "switch", "aria-checked": String(on),
    onclick: () => tried(act("trouble", `${id}/${on ? "off" : "on"}`)) }, h("span", {}, name), h("span", { class: "knob", "aria-hidden": "true" }));
}

async function askForPromises() {
  if (isAsking) return;
  isAsking = true;
  const before = JSON.stringify(promised);
  promised = await fetch("/outbox").then((answer) => answer.json()).catch(() => null);
  isAsking = false;
  if (JSON.stringify(promised) !== before) tell();
}
