// The whole page: drawn anew after each change, of the world or of the place.

import { draw, h } from "./draw.js";
import { glass } from "./glass/glass.js";
import "./menus.js";
import { at, go } from "./place.js";
import { right } from "./right.js";
import { modals } from "./slack/modals.js";
import { read, slack } from "./slack/slack.js";
import { begin, watch, world } from "./world.js";

const page = document.getElementById("page");
let isPlanned = false;

function show() {
  if (isPlanned || !world.seen) return;
  isPlanned = true;
  requestAnimationFrame(() => {
    isPlanned = false;
    draw(page, world.isLost && lost(), tabs(), h("main", { class: "sides" }, slack(), right()), glass(), modals());
    read();
  });
}

function lost() {
  return h("p", { class: "lost", role: "alert" }, "The demo is not there any more. Start it again with “make demo”.");
}

// Where there is no room for both sides, one of them is shown.
function tabs() {
  const side = at("side") || "slack";
  document.body.dataset.side = side;
  const tab = (name, label) =>
    h("button", { "aria-pressed": String(side === name), onclick: () => go({ side: name }) }, label);
  return h("nav", { class: "tabs", "aria-label": "Side" }, tab("slack", "Slack"), tab("right", "Phones and more"));
}

watch(show);
begin();
