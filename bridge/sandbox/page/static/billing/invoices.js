// The customer's invoices, newest first. An open one is paid here as its owner would on its page.

import { h } from "../draw.js";
import { tried } from "../notices.js";
import { act } from "../world.js";
import { badge, day, money, section } from "./shown.js";

export function invoices(every) {
  return section("Invoices", every.length ? h("ul", { class: "rows" }, every.toReversed().map(invoice)) : h("p", { class: "empty" }, "None yet."));
}

function invoice(one) {
  const name = one.number || "Draft";
  return h("li", { key: one.id, class: "invoice" },
    h("span", {}, h("b", {}, money(one.total, one.currency)), ` ${day(one.created)}`), badge(one.status),
    one.status === "open" && h("button", { type: "button", class: "button", onclick: () => tried(act("stripe", "pay", { invoice: one.id })) }, "Pay and confirm"),
    one.hosted_invoice_url && h("a", { href: one.hosted_invoice_url, target: "_blank", rel: "noreferrer noopener", "aria-label": `Page of invoice ${name}` }, name),
    h("ul", { class: "lines" }, one.lines.data.map((line) => h("li", { key: line.id }, `${line.description}: ${money(line.amount, one.currency)}`))));
}
