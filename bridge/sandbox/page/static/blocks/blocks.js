// Block Kit. `use` says what happens when somebody uses an element: see elements.js.

import { h } from "../draw.js";
import { element, field } from "./elements.js";
import { worded } from "./mrkdwn.js";
import { picture } from "./pictures.js";
import { richText } from "./rich_text.js";

const DRAWN = {
  section: (block, use) =>
    h("div", { class: "section" },
      h("div", { class: "words" },
        block.text && h("div", {}, worded(block.text)),
        block.fields && h("div", { class: "fields" }, block.fields.map((one) => h("div", {}, worded(one))))),
      block.accessory && h("div", { class: "accessory" }, element(block, block.accessory, use))),
  header: (block) => h("h2", {}, worded(block.text)),
  divider: () => h("hr"),
  context: (block) =>
    h("div", { class: "context" }, block.elements.map((one) => (one.type === "image" ? h("span", { class: "thumb" }, picture(one)) : h("span", {}, worded(one))))),
  actions: (block, use) => h("div", { class: "actions" }, block.elements.map((one) => element(block, one, use))),
  image: (block) => h("figure", {}, block.title && h("figcaption", {}, worded(block.title)), picture(block)),
  input: field,
  rich_text: richText,
  alert: (block) => h("div", { class: `alert ${block.level || "default"}`, role: "note" }, worded(block.text)),
  file: (block) => h("p", { class: "context" }, `A file: ${block.external_id}`),
  table: table,
  data_table: table,
  data_visualization: chart,
};

export function blocks(every, use) {
  return (every || []).map((block, number) =>
    h("div", { key: block.block_id || `b${number}`, class: `block ${block.type}`, dir: "auto" }, drawn(block, use)));
}

// One block that is not as it should be spoils no others.
function drawn(block, use) {
  try {
    return Object.hasOwn(DRAWN, block.type) ? DRAWN[block.type](block, use) : undrawn(block);
  } catch {
    return undrawn(block);
  }
}

// A block that cannot be drawn here is shown as such, so that nobody believes that it is not there.
function undrawn(block) {
  return h("details", { class: "undrawn" }, h("summary", {}, `A block that is not drawn here: ${block.type}`),
    h("pre", {}, JSON.stringify(block, null, 2)));
}

function table(block) {
  const cell = (one) => (one?.type === "rich_text" ? richText(one) : worded(one?.text ?? ""));
  const [head, ...rows] = block.rows || [];
  return h("div", { class: "scrolls" }, h("table", {},
    head && h("thead", {}, h("tr", {}, head.map((one) => h("th", {}, cell(one))))),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map((one) => h("td", {}, cell(one))))))));
}

function chart(block) {
  const series = block.chart?.series?.[0]?.data || block.chart?.data || [];
  const most = Math.max(1, ...series.map((one) => Number(one.value) || 0));
  return h("figure", { class: "chart" }, h("figcaption", {}, block.title),
    series.map((one) => h("div", { class: "bar" }, h("span", {}, String(one.label ?? "")),
      h("meter", { min: 0, max: most, value: Number(one.value) || 0 }), h("b", {}, String(one.value)))));
}
