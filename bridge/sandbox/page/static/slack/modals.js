// The modals that are open; only the one on top is seen. What was typed leaves the page only when it is submitted, as in Slack.

import { blocks } from "../blocks/blocks.js";
import { values } from "../blocks/fields.js";
import { worded } from "../blocks/mrkdwn.js";
import { h } from "../draw.js";
import { me, team } from "../place.js";
import { act, tell } from "../world.js";
import { notice, tried } from "../notices.js";
import { usedInView } from "./used.js";

const sent = new Set(); // views that are being submitted
const errors = new Map(); // of views that are open: what the app said about their fields
let opener = null; // what had the focus before the first of them

export function modals() {
  const stack = team().views[me().id] || [];
  if (!stack.length) leave();
  return stack.map(modal);
}

function modal(view, number) {
  const use = usedInView(view, { errorOf: (block) => errors.get(view.id)?.[block.block_id] });
  const submit = (event) => { event.preventDefault(); send(event.target, view); };
  const cancel = (event) => { event.preventDefault(); close(view); };
  return h("dialog", { key: view.id, class: "modal", "aria-label": view.title.text, oncancel: cancel, once: enter },
    h("form", { onsubmit: submit, novalidate: true },
      h("header", {}, h("h2", {}, worded(view.title)), number > 0 && h("small", {}, `on top of ${number} more`),
        h("button", { type: "button", class: "close", "aria-label": "Close", onclick: () => close(view, true) }, "×")),
      h("div", { class: "modal-body" }, blocks(view.blocks, use)),
      h("footer", {}, h("button", { type: "button", class: "button", onclick: () => close(view) }, view.close ? worded(view.close) : "Cancel"),
        view.submit && h("button", { class: "button primary", disabled: view.submit_disabled }, worded(view.submit)))));
}

// The browser keeps the focus within a dialog that is shown like this.
function enter(dialog) {
  opener ??= document.activeElement;
  dialog.showModal();
  dialog.querySelector(".modal-body input, .modal-body textarea, .modal-body select, button.primary")?.focus();
}

function leave() {
  errors.clear();
  const before = opener;
  opener = null;
  if (before) queueMicrotask(() => before.isConnected && before.focus());
}

const who = (view) => ({ team_id: team().id, user_id: me().id, view_id: view.id });

function close(view, everything = false) {
  tried(act("slack", "close_view", { ...who(view), everything }));
}

async function send(form, view) {
  if (!view.submit || sent.has(view.id)) return;
  sent.add(view.id);
  errors.set(view.id, await wrong(form, view));
  sent.delete(view.id);
  tell();
}

// What is wrong with the fields, by their blocks, as Slack's client or the app finds.
async function wrong(form, view) {
  try {
    const result = await act("slack", "submit", { ...who(view), values: await values(form, view.blocks) });
    if (result?.problem) notice(`Slack: ${result.problem}`, { isError: true });
    return result?.json?.response_action === "errors" ? result.json.errors : {};
  } catch (error) {
    if (!error.fields) notice(error.message, { isError: true });
    return error.fields || {};
  }
}
