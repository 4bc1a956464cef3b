// What happened, newest first, and whether the app has heard of it. What it did not ask for is not told to it.

import { h } from "../draw.js";
import { world } from "../world.js";
import { badge, moment, section } from "./shown.js";

const MOST = 30;

export function events(every) {
  const rows = every.toReversed().slice(0, MOST).map(event);
  return section("Events", rows.length ? h("ul", { class: "rows events" }, rows) : h("p", { class: "empty" }, "None yet."));
}

function event(one) {
  const tries = world.seen.stripe.webhooks.filter((each) => each.event_id === one.id);
  const isHeard = tries.some((each) => each.status >= 200 && each.status < 300);
  const many = tries.length > 1 && ` ${tries.length} times`;
  return h("li", { key: one.id }, h("span", {}, one.type, h("small", {}, ` ${moment(one.created)}${many || ""}`)),
    tries.length > 0 && badge(isHeard ? "heard" : "no answer"));
}
