// The right side: phones, and what else arrives outside of Slack.

import { billing } from "./billing/billing.js";
import { h } from "./draw.js";
import { phones } from "./phones/phones.js";
import { at, go } from "./place.js";

const TABS = {
  phones: ["Phones", phones],
  billing: ["Billing", billing],
  mail: ["Mail", () => empty("No mail has come. The app does not send any yet.")],
};

export function right() {
  const chosen = Object.hasOwn(TABS, at("right")) ? at("right") : "phones";
  const tab = ([name, [label]]) =>
    h("button", { key: name, type: "button", role: "tab", "aria-selected": String(name === chosen), onclick: () => go({ right: name === "phones" ? "" : name }) }, label);
  return h("section", { class: "right", "aria-label": TABS[chosen][0] },
    h("div", { class: "top kinds", role: "tablist", "aria-label": "Outside of Slack" }, Object.entries(TABS).map(tab)), TABS[chosen][1]());
}

const empty = (words) => h("p", { class: "empty" }, words);
