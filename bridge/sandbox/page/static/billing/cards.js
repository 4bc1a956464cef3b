// The customer's cards: those that are good, and those with a fate.

import { h } from "../draw.js";
import { tried } from "../notices.js";
import { act, world } from "../world.js";
import { section } from "./shown.js";

const NEW = { "Add a good card": "4242424242424242", "Add one that is declined": "4000000000000341", "Add one to be confirmed": "4000002500003155" };
const FATES = {
  generic_decline: "is declined", insufficient_funds: "has no money", expired_card: "has expired",
  confirm_once: "must be confirmed once", confirm_always: "must be confirmed each time",
};

export function cards(customer, every) {
  const used = customer.invoice_settings.default_payment_method;
  const add = ([label, number]) =>
    h("button", { key: label, type: "button", class: "button", onclick: () => tried(act("stripe", "card", { customer: customer.id, number })) }, label);
  return section("Cards", every.length ? h("ul", { class: "rows" }, every.map((one) => card(one, one.id === used))) : h("p", { class: "empty" }, "No card."),
    h("div", { class: "buttons" }, Object.entries(NEW).map(add)));
}

function card(one, isUsed) {
  const { brand, last4, exp_month, exp_year } = one.card;
  const fate = FATES[world.seen.stripe.fates[one.id]];
  return h("li", { key: one.id }, h("span", {}, h("b", {}, `${brand} ${last4}`), ` ${exp_month}/${exp_year}`, fate && h("small", {}, ` ${fate}`)),
    isUsed && h("span", { class: "badge" }, "charged"),
    h("button", { type: "button", class: "button", "aria-label": `Remove ${brand} ${last4}`, onclick: () => tried(act("stripe", "remove", { card: one.id })) }, "Remove"));
}
