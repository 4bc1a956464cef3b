// The modal that is on top, if any. What was typed leaves the page only when it is submitted, as in Slack.

import { blocks } from "../blocks/blocks.js";
import { worded } from "../blocks/mrkdwn.js";
import { h } from "../draw.js";
import { me, team } from "../place.js";
import { act, tell } from "../world.js";
import { tried } from "./notices.js";
import { usedInView } from "./used.js";

const errors = new Map(); // of views that are open: what the app said about their fields

export function modals() {
  const stack = team().views[me().id] || [];
  const view = stack.at(-1);
  if (!view) { errors.clear(); return null; }
  const use = usedInView(view, { errorOf: (block) => errors.get(view.id)?.[block.block_id] });
  const submit = (event) => { event.preventDefault(); send(event.target, view); };
  return h("div", { key: view.id, class: "veil" },
    h("form", { class: "modal", role: "dialog", "aria-modal": "true", "aria-label": view.title.text, onsubmit: submit, novalidate: true,
      onkeydown: (event) => event.key === "Escape" && close(view), once: focusFirst },
      h("header", {}, stack.length > 1 && h("small", {}, `${stack.length} open`), h("h2", {}, worded(view.title)),
        h("button", { type: "button", class: "close", "aria-label": "Close", onclick: () => close(view, true) }, "×")),
      h("div", { class: "modal-body" }, blocks(view.blocks, use)),
      h("footer", {}, h("button", { type: "button", class: "button", onclick: () => close(view) }, view.close ? worded(view.close) : "Cancel"),
        view.submit && h("button", { class: "button primary", disabled: view.submit_disabled }, worded(view.submit)))));
}

function focusFirst(form) {
  form.querySelector("input, textarea, select, button.primary")?.focus();
}

const who = (view) => ({ team_id: team().id, user_id: me().id, view_id: view.id });

function close(view, everything = false) {
  tried(act("slack", "close_view", { ...who(view), everything }));
}

async function send(form, view) {
  const values = {};
  for (const block of view.blocks.filter((each) => each.type === "input")) {
    const given = typedIn(form, block);
    if (given !== undefined) values[block.block_id] = { [block.element.action_id]: given };
  }
  const result = await tried(act("slack", "submit", { ...who(view), values }));
  errors.set(view.id, result?.json?.response_action === "errors" ? result.json.errors : {});
  tell();
}

// Menus have told Slack what was chosen; of fields Slack hears now.
function typedIn(form, block) {
  const input = form.elements.namedItem(`${block.block_id}·${block.element.action_id}`);
  return input && "value" in input && /_input$|picker$/.test(block.element.type) ? input.value || undefined : undefined;
}
