// The place: who is looking at what. It is in the address, so a reload or a second tab shows the same.

import { tell, world } from "./world.js";

const params = () => new URLSearchParams(location.hash.slice(1));

export function at(name) {
  return params().get(name) || "";
}

// Go somewhere: names that are given change, empty ones are forgotten.
export function go(changes, { quietly = false } = {}) {
  const next = params();
  for (const [name, value] of Object.entries(changes)) value ? next.set(name, value) : next.delete(name);
  const hash = `#${next}`;
  quietly ? history.replaceState(null, "", hash) : history.pushState(null, "", hash);
  tell();
}

addEventListener("popstate", tell);

export function team() {
  const every = world.seen.slack.workspaces;
  return every.find((one) => one.id === at("team")) || every[0];
}

export function people() {
  return team().people.filter((person) => !person.deleted && !person.bot);
}

export function me() {
  return people().find((person) => person.id === at("person")) || people()[0];
}

export function personOf(userId) {
  return team().people.find((person) => person.id === userId);
}

// Channels that this person is in: those of the workspace, not direct messages.
export function channels() {
  return team().channels.filter((one) => one.kind !== "im" && !one.deleted && one.members.includes(me().id));
}

export function channel() {
  if (at("channel") === "app") return direct();
  return channels().find((one) => one.id === at("channel")) || channels()[0];
}

// The direct messages between the app and this person.
export function direct() {
  const id = `D${me().id.slice(1)}`;
  return team().channels.find((one) => one.id === id) || { id, name: "app", kind: "im", messages: [], members: [me().id] };
}
