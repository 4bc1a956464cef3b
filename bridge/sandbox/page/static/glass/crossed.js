// The requests that crossed, newest first, in one list.

import { world } from "../world.js";

const MOST = 100;
const REFUSED = [400, 401, 403]; // what either side answers to a signature or a password that is not right

export function crossed() {
  const { calls, deliveries, webhooks, requests, charges, events } = world.seen.crossed;
  const all = [
    ...calls.map((one) => line("App → Slack", one.method, one.at * 1000, one.answer_error || one.status, one.ms, one.token_ok)),
    ...deliveries.map((one) => line("Slack → App", one.kind, one.at * 1000, one.status ?? one.reason, one.ms, isSigned(one))),
    ...requests.map((one) => line("App → Twilio", one.operation, Date.parse(one.at), one.status, one.ms, one.authorised)),
    ...charges.map((one) => line("App → Stripe", one.operation, one.really_at * 1000, one.status, one.ms, one.authorised)),
    ...events.map((one) => line("Stripe → App", one.type, one.really_at * 1000, one.status ?? one.error, one.ms, isSigned(one))),
    ...webhooks.map((one) => line("Twilio → App", one.kind, Date.parse(one.at), one.status ?? one.error, one.ms, isSigned(one))),
  ];
  return all.sort((one, other) => other.at - one.at).slice(0, MOST);
}

// Whether the app took the signature for genuine; nothing is known before it has answered.
const isSigned = (one) => (one.status ? !REFUSED.includes(one.status) : null);

function line(who, what, at, status, ms, isGenuine) {
  const isBad = typeof status === "string" || status >= 400 || isGenuine === false;
  return {
    key: `${who} ${what} ${at}`, who, what, at, isBad,
    when: new Date(at).toLocaleTimeString(), status: String(status || "…"), ms: ms === null ? "…" : ms < 1 ? "<1" : String(Math.round(ms)),
    genuine: isGenuine === null ? "…" : isGenuine ? "✓" : "✗",
  };
}
