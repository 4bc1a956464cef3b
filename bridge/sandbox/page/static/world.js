// The world: what the pretend services hold. The page keeps nothing of it that a reload would lose.

export const world = { seen: null, emoji: {}, isLost: false };

const watchers = new Set();
let news = null;
let isAsking = false;
let isStale = false;

// Call this whenever something has changed.
export function watch(changed) {
  watchers.add(changed);
}

export function tell() {
  for (const changed of watchers) changed();
}

// Fetch it, and fetch it again whenever there is news. Who does not look needs none: a browser has few connections.
export async function begin() {
  world.emoji = await (await fetch("/emoji")).json();
  listen();
  document.addEventListener("visibilitychange", listen);
}

function listen() {
  if (document.hidden) { news?.close(); news = null; return; }
  if (news) return;
  news = new EventSource("/events");
  news.onmessage = look;
  news.onopen = look;
  news.onerror = () => { world.isLost = true; tell(); };
  look();
}

// News that come while an answer is on its way are asked for once more, behind it.
async function look() {
  if (isAsking) { isStale = true; return; }
  isAsking = true;
  try {
    do {
      isStale = false;
      world.seen = await (await fetch("/state")).json();
      world.isLost = false;
      tell();
    } while (isStale);
  } catch {
    world.isLost = true;
    tell();
  } finally {
    isAsking = false;
  }
}

// Do something as one of the people: its result. What was wrong with it is thrown, in words.
export async function act(service, name, given) {
  const address = ["app", "trouble"].includes(service) ? `/${service}/${name}` : `/${service}/_/${name}`;
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(given || {}) });
  const said = await answer.json().catch(() => ({ error: answer.statusText }));
  if (!answer.ok) throw Object.assign(new Error(said.error || answer.statusText), { fields: said.fields });
  return said.result ?? said;
}

// A file that somebody chose, as the services take it.
export async function packed(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = "";
  for (let at = 0; at < bytes.length; at += 32768) binary += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return { name: file.name, content_type: file.type || "application/octet-stream", base64: btoa(binary) };
}
