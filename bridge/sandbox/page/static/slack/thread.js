// One thread: its root, the replies, and the place to answer.

import { h } from "../draw.js";
import { at, channel, go } from "../place.js";
import { composer } from "./composer.js";
import { replies } from "./messages.js";

export function thread() {
  const here = channel();
  const root = at("thread");
  if (!root || !here || !here.messages.some((one) => one.ts === root)) return null;
  return h("aside", { class: "thread", "aria-label": "Thread" },
    h("header", { class: "heading" }, h("button", { type: "button", class: "back", onclick: () => go({ thread: "" }) }, `‹ #${here.name}`), h("h1", {}, "Thread"), h("small", {}, `#${here.name}`),
      h("button", { type: "button", class: "close", "aria-label": "Close the thread", onclick: () => go({ thread: "" }) }, "×")),
    replies(here, root), composer(here, root));
}
