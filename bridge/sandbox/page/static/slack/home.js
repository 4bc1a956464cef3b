// The app's Home tab. To look at it tells the app, as in Slack.

import { blocks } from "../blocks/blocks.js";
import { h } from "../draw.js";
import { me, team } from "../place.js";
import { act } from "../world.js";
import { tried } from "../notices.js";
import { usedInView } from "./used.js";

export function home() {
  const who = { team_id: team().id, user_id: me().id };
  const view = team().homes[me().id];
  const opened = () => tried(act("slack", "open_home", who));
  return h("div", { key: `home ${me().id}`, class: "messages home", once: opened },
    view ? blocks(view.blocks, usedInView(view)) : h("p", { class: "empty" }, "The app shows nothing here yet."));
}
