// Pictures without words; what they stand for is said by whatever holds them.

import { h } from "./draw.js";

export const icon = (name) => h("span", { class: `icon ${name}`, "aria-hidden": "true" });
