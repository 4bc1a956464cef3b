// How the elements of a message, a modal or the Home tab are used: see blocks/elements.js.

import { me, team } from "../place.js";
import { act } from "../world.js";
import { tried } from "../notices.js";

// `where` is a view's id, or a channel and a ts; `scope`, which part of the page it is drawn in.
export function used({ press, where, errorOf, stateOf, scope }) {
  const offered = async (_block, element, query) => {
    const given = { team_id: team().id, user_id: me().id, view_id_or_message: where, action_id: element.action_id, query };
    const answer = await tried(act("slack", "options", given));
    const groups = answer?.json?.option_groups?.map((group) => ({ label: group.label.text, options: group.options }));
    return groups || [{ options: answer?.json?.options || [] }];
  };
  return { press, offered, errorOf, stateOf, scope };
}

// For a view that is open: what is chosen there is kept by Slack, not by the page.
export function usedInView(view, more = {}) {
  const press = (block, element, chosen) => {
    const given = { team_id: team().id, user_id: me().id, view_id: view.id, action_id: element.action_id, block_id: block.block_id };
    return tried(act("slack", "click_view", { ...given, value: element.value ?? null, selected: chosen ?? null }));
  };
  const stateOf = (block, element) => view.state?.values?.[block.block_id]?.[element.action_id];
  return used({ press, where: view.id, stateOf, scope: view.id, ...more });
}
