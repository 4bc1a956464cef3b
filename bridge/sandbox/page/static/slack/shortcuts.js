// The app's shortcuts, of the kinds "global" and "message", as a menu.

import { h } from "../draw.js";
import { icon } from "../icons.js";
import { me, team } from "../place.js";
import { act, world } from "../world.js";
import { tried } from "../notices.js";

// `about` names the message, if it is about one.
export function ofKind(kind, about) {
  const every = (world.seen.slack.app?.shortcuts || []).filter((one) => one.type === kind);
  return every.map((one) => h("button", { key: one.callback_id, type: "button", title: one.description, onclick: () => use(one, about) }, one.name));
}

export function shortcuts(kind, about) {
  const items = ofKind(kind, about);
  return items.length ? h("details", { class: "menu above" }, h("summary", { "aria-label": "Shortcuts" }, icon("bolt")), h("div", {}, items)) : null;
}

function use(one, about) {
  return tried(act("slack", "shortcut", { team_id: team().id, user_id: me().id, callback_id: one.callback_id, ...about }));
}
