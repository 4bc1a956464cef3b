// Billing: the firm whose Slack is open, as Stripe sees it, with Stripe's own time.

import { h } from "../draw.js";
import { tried } from "../notices.js";
import { team } from "../place.js";
import { act, world } from "../world.js";
import { cards } from "./cards.js";
import { events } from "./events.js";
import { invoices } from "./invoices.js";
import { badge, day, fact, moment, section } from "./shown.js";

const SKIPS = { "An hour": { hours: 1 }, "A day": { days: 1 }, "A month": { days: 31, hours: 2 } }; // and until its invoice is final

export function billing() {
  const stripe = world.seen.stripe;
  const customer = stripe.customers.findLast((one) => !one.deleted && one.metadata.firm === team().id);
  return h("div", { key: "billing", class: "billing" }, clock(stripe.now),
    h("div", { key: customer?.id || "none", class: "scrolls billing-body", tabindex: 0, role: "region", "aria-label": `${team().name} at Stripe` },
      customer ? shown(stripe, customer) : nobody()));
}

function clock(now) {
  const button = ([label, time]) => h("button", { key: label, type: "button", class: "button", onclick: () => tried(act("stripe", "skip", time)) }, label);
  return h("header", { class: "top" }, h("p", { class: "clock" }, h("span", {}, "Stripe's time: "), h("b", {}, moment(now))),
    h("div", { class: "skips", role: "group", "aria-label": "Let time pass at Stripe" }, h("span", { class: "hint" }, "Let pass:"), Object.entries(SKIPS).map(button)));
}

function nobody() {
  return h("div", { class: "empty" },
    h("p", {}, `${team().name} is no customer at Stripe.`),
    h("p", {}, "Where two-way SMS is an add-on, as for Maple Dental, a firm becomes one when an admin presses Enable in the app's Home. Where it is included in the plan, nothing is charged."));
}

function shown(stripe, customer) {
  const theirs = (every) => every.filter((one) => one.customer === customer.id);
  return [
    section("Customer", h("dl", { class: "facts" }, fact("Name", customer.name), fact("Id", customer.id))),
    cards(customer, theirs(stripe.cards)),
    section("Subscription", subscription(stripe, theirs(stripe.subscriptions).at(-1))),
    invoices(theirs(stripe.invoices)),
    events(theirs(stripe.events)),
  ];
}

function subscription(stripe, one) {
  if (!one) return h("p", { class: "empty" }, "None yet.");
  const period = one.items.data[0];
  const used = stripe.usage[one.id];
  return h("dl", { class: "facts" },
    fact("Status", badge(one.status)),
    fact("Period", `${day(period.current_period_start)} to ${day(period.current_period_end)}`),
    fact("Counted", `${used} ${used === 1 ? "text" : "texts"}`),
    one.cancel_at_period_end && fact("Then", "it ends"),
    one.ended_at && fact("Ended", moment(one.ended_at)));
}
