// Pictures that the app names. The page fetches nothing from elsewhere: those of other hosts are only named.

import { h } from "../draw.js";
import { team } from "../place.js";
import { link } from "./mrkdwn.js";

export function picture(one) {
  const named = one.slack_file?.id ? `/file/${team().id}/${encodeURIComponent(one.slack_file.id)}` : one.image_url || one.slack_file?.url;
  const address = new URL(named, location.href);
  if (address.origin === location.origin) return h("img", { src: address.href, alt: one.alt_text || "", loading: "lazy" });
  return h("span", { class: "elsewhere" }, link(address.href, [`A picture elsewhere: ${one.alt_text}`]));
}
