// Trouble that can be ordered, and its end.

import { act } from "../world.js";

const slackWell = () => act("slack", "clear_faults");

export const TROUBLES = [
  ["Slack is rate limited", () => act("slack", "fail", { method: "*", times: null, status: 429, retry_after: 5 }), slackWell],
  ["Slack is down", () => act("slack", "fail", { method: "*", times: null, status: 503 }), slackWell],
  ["Twilio is slow", () => act("twilio", "fail", { what: "create", times: 1000, hang: 3 }), () => act("twilio", "heal")],
  ["Twilio takes texts and says nothing", () => act("twilio", "fail", { what: "create", times: 1000, drop: true, accept_first: true }), () => act("twilio", "heal")],
  ["Everything is delivered twice", () => twice(1), () => twice(0)],
];

async function twice(more) {
  await act("slack", "set", { duplicates: more });
  return act("twilio", "settings", { duplicates: more });
}
