// Pictures that the app names. The page fetches nothing from elsewhere: those of other hosts are only named.

import { h } from "../draw.js";
import { link } from "./mrkdwn.js";

const HERE = /^(127\.0\.0\.1|localhost|\[::1\])$/;

export function picture(one) {
  const address = new URL(one.image_url || one.slack_file?.url || "", location.href);
  if (HERE.test(address.hostname)) return h("img", { src: address.href, alt: one.alt_text || "", loading: "lazy" });
  return h("span", { class: "elsewhere" }, link(address.href, [`A picture elsewhere: ${one.alt_text}`]));
}
