// The requests that crossed, newest first, in one list.

import { world } from "../world.js";

const MOST = 100;

export function crossed() {
  const { calls, deliveries, webhooks, requests } = world.seen.crossed;
  const all = [
    ...calls.map((one) => line("App → Slack", one.method, one.at * 1000, one.answer_error || one.status, "", one.answer_error || one.status >= 400)),
    ...deliveries.map((one) => line("Slack → App", one.kind, one.at * 1000, one.status ?? one.reason ?? "…", one.ms, one.status >= 400)),
    ...requests.map((one) => line("App → Twilio", one.operation || one.path, Date.parse(one.at), one.status, "", one.status >= 400)),
    ...webhooks.map((one) => line("Twilio → App", one.kind, Date.parse(one.at), one.status ?? one.error ?? "…", one.ms, one.status >= 400)),
  ];
  return all.sort((one, other) => other.at - one.at).slice(0, MOST);
}

function line(who, what, at, status, ms, isBad) {
  const when = new Date(at).toLocaleTimeString();
  return { key: `${who} ${what} ${at}`, who, what, at, when, status: String(status ?? "…"), ms: ms === "" ? "" : String(Math.round(ms)), isBad: Boolean(isBad) };
}
