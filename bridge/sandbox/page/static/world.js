// The world: what the pretend services hold. The page keeps nothing of it that a reload would lose.

export const world = { seen: null, emoji: {}, isLost: false };

const watchers = new Set();
let isAsking = false;
let isStale = false;

// Call this whenever something has changed.
export function watch(changed) {
  watchers.add(changed);
}

export function tell() {
  for (const changed of watchers) changed();
}

// Fetch it, and fetch it again whenever there is news.
export async function begin() {
  world.emoji = await (await fetch("/emoji")).json();
  await look();
  const news = new EventSource("/events");
  news.onmessage = look;
  news.onopen = () => { world.isLost = false; look(); };
  news.onerror = () => { world.isLost = true; tell(); };
}

// News that come while an answer is on its way are asked for once more, behind it.
async function look() {
  if (isAsking) { isStale = true; return; }
  isAsking = true;
  try {
    do {
      isStale = false;
      world.seen = await (await fetch("/state")).json();
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
  const address = service === "app" ? `/app/${name}` : `/${service}/_/${name}`;
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(given || {}) });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.error || answer.statusText);
  return said.result ?? said;
}

// A file that somebody chose, as the services take it.
export async function packed(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = "";
  for (let at = 0; at < bytes.length; at += 32768) binary += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return { name: file.name, content_type: file.type || "application/octet-stream", base64: btoa(binary) };
}
