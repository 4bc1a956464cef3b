// Slack: workspaces and people at the top, channels at the left, what is said, and a thread beside it.

import { h } from "../draw.js";
import { at, channel, channels, go, me, people, team } from "../place.js";
import { act, world } from "../world.js";
import { composer } from "./composer.js";
import { home } from "./home.js";
import { messages } from "./messages.js";
import { thread } from "./thread.js";

export function slack() {
  const beside = thread();
  return h("section", { class: "slack", "aria-label": "Slack" }, top(),
    h("div", { class: beside ? "slack-body with-thread" : "slack-body" }, sidebar(), middle(), beside));
}

function top() {
  const workspaces = world.seen.slack.workspaces;
  return h("header", { class: "top" },
    picker("Workspace", workspaces.map((one) => [one.id, one.name]), team().id, (id) => go({ team: id, person: "", channel: "", thread: "" })),
    picker("You are", people().map((one) => [one.id, whoIs(one)]), me().id, (id) => go({ person: id })));
}

function picker(label, every, chosen, choose) {
  return h("label", { class: "picker" }, h("span", {}, label),
    h("select", { onchange: (event) => choose(event.target.value) },
      every.map(([id, name]) => h("option", { key: id, value: id, selected: id === chosen }, name))));
}

function whoIs(person) {
  const role = person.stranger ? "from another company" : person.guest ? "guest" : person.admin ? "admin" : "";
  return role ? `${person.name} (${role})` : person.name;
}

function sidebar() {
  const here = channel();
  const entry = (id, name, sign) =>
    h("a", { key: id, href: `#${id}`, "aria-current": here?.id === id || (id === "app" && here?.kind === "im") ? "page" : undefined,
      onclick: (event) => { event.preventDefault(); go({ channel: id, thread: "", tab: "" }); } }, h("span", { class: "sign" }, sign), name);
  return h("nav", { class: "sidebar", "aria-label": "Channels" },
    h("h2", {}, "Channels"), channels().map((one) => entry(one.id, [one.name, count(one, here)], one.kind === "group" ? "🔒" : "#")),
    !channels().length && h("p", { class: "empty" }, "No channels: this person is in none."),
    h("h2", {}, "Apps"), entry("app", world.seen.slack.app.name, "◆"));
}

function unread(one) {
  const seen = one.seen[me().id] || "0";
  return one.messages.filter((each) => !each.deleted && !(each.thread_ts && each.thread_ts !== each.ts) && each.ts > seen && each.user !== me().id).length;
}

function count(one, here) {
  const many = one.id === here?.id ? 0 : unread(one);
  return many ? h("span", { class: "unread", "aria-label": `${many} unread` }, String(many)) : null;
}

// Who looks at a channel has read it: Slack keeps that, not the page.
export function read() {
  const here = channel();
  if (!here?.seen || document.hidden || !unread(here)) return;
  act("slack", "look", { team_id: team().id, channel_id: here.id, user_id: me().id }).catch(() => {}); // the next look says it again
}

function middle() {
  const here = channel();
  if (!here) return h("div", { class: "middle" }, h("p", { class: "empty" }, "Nothing to see for this person."));
  if (here.kind === "im") return h("div", { class: "middle" }, withApp(here));
  const heading = h("header", { class: "heading" }, h("h1", {}, `#${here.name}`), h("small", {}, members(here)));
  return h("div", { class: "middle" }, heading, messages(here), composer(here, null));
}

// The app's own place, with the tabs that its manifest switches on.
function withApp(here) {
  const { name, has_home, can_be_messaged } = world.seen.slack.app;
  const tab = has_home ? at("tab") || "home" : "messages";
  const tabs = has_home && h("nav", { "aria-label": "Tabs of the app" }, tabTo("home", "Home", tab), tabTo("messages", "Messages", tab));
  const heading = h("header", { class: "heading" }, h("h1", {}, name), tabs);
  if (tab === "home") return [heading, home()];
  const closed = h("p", { class: "composer closed" }, "This app takes no messages here.");
  return [heading, messages(here, "The app has not written to this person."), can_be_messaged ? composer(here, null) : closed];
}

const tabTo = (name, label, tab) =>
  h("button", { type: "button", "aria-pressed": String(tab === name), onclick: () => go({ tab: name }) }, label);

function members(here) {
  const many = here.members.length;
  return here.archived ? "archived" : `${many} ${many === 1 ? "member" : "members"}`;
}
