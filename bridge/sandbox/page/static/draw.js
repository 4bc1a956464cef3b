// Drawing: what the page should be is described with h(); draw() changes only what differs, so that nobody loses
// what they are typing, their place in a list or the focus.

const GONE = new Set([null, undefined, false, true, ""]);

// h("button", {class: "small", onclick: press}, "Press"): an element. `key` tells apart those of one list.
export function h(tag, given, ...inside) {
  const { key, ...props } = given || {};
  return { tag, key, props, inside: flat(inside) };
}

function flat(inside) {
  return inside.flat(Infinity).filter((one) => !GONE.has(one));
}

// Make the children of a node these. What stays is not moved, or it would lose its focus and its place.
export function draw(parent, ...wanted) {
  const pairs = matched(parent, flat(wanted));
  const kept = new Set(pairs.map(([node]) => node));
  for (const node of [...parent.childNodes]) if (!kept.has(node)) node.remove();
  let place = parent.firstChild;
  for (const [found, one] of pairs) {
    const node = found || made(one);
    if (node === place) place = place.nextSibling;
    else parent.insertBefore(node, place);
    update(node, one);
  }
}

// Each that is wanted, with the node that shows it already, if there is one.
function matched(parent, wanted) {
  const old = [...parent.childNodes];
  const keyed = new Map(old.filter((node) => node.drawn?.key !== undefined).map((node) => [node.drawn.key, node]));
  const others = old.filter((node) => node.drawn?.key === undefined);
  return wanted.map((one) => {
    const node = one.key !== undefined ? keyed.get(one.key) : others.find((each) => fits(each, one));
    if (!node || !fits(node, one)) return [null, one];
    one.key !== undefined ? keyed.delete(one.key) : others.splice(0, others.indexOf(node) + 1);
    return [node, one];
  });
}

function fits(node, one) {
  return one.tag ? node.drawn?.tag === one.tag && node.drawn.key === one.key : node.nodeType === Node.TEXT_NODE;
}

function made(one) {
  return one.tag ? document.createElement(one.tag) : document.createTextNode(String(one));
}

function update(node, one) {
  if (!one.tag) {
    if (node.data !== String(one)) node.data = String(one);
    return;
  }
  const before = node.drawn?.props || {};
  const isNew = !node.drawn;
  node.drawn = one;
  for (const name of Object.keys(before)) if (!(name in one.props)) set(node, name, undefined);
  for (const [name, value] of Object.entries(one.props)) {
    if (value !== before[name] && (isNew || !isTyped(node, name))) set(node, name, value);
  }
  if (!one.props.own) draw(node, ...one.inside);
  if (isNew && one.props.once) queueMicrotask(() => one.props.once(node));
  if (one.props.always) queueMicrotask(() => one.props.always(node));
}

// `value` and `checked` are what a field begins with: what somebody has typed or chosen since stays.
function isTyped(node, name) {
  return (name === "value" || name === "checked") && /^(INPUT|TEXTAREA)$/.test(node.tagName);
}

// `once` is called when the element is new, `always` after each drawing; what is inside an `own` one is its own affair.
function set(node, name, value) {
  if (name === "once" || name === "always" || name === "own") return;
  if (name.startsWith("on")) node[name] = value ?? null;
  else if (name === "value" || name === "checked" || name === "selected") node[name] = value ?? "";
  else if (value === undefined || value === null || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? "" : value);
}
