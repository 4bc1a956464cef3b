// The app's commands, offered while one is typed.

import { world } from "../world.js";

const commands = () => world.seen.slack.app?.commands || [];

// Those that begin like what was typed; a command that is written out is kept in sight while its words are typed.
export function hint(box) {
  const typed = box.value.split(/\s/)[0];
  const isCommand = box.value.startsWith("/") && !box.value.includes("\n");
  const fitting = isCommand ? commands().filter((one) => (typed === box.value ? one.command.startsWith(typed) : one.command === typed)) : [];
  const list = box.form.querySelector(".hints");
  list.replaceChildren(...fitting.map((one) => offered(box, one)));
  list.hidden = !fitting.length;
}

function offered(box, one) {
  const line = document.createElement("button");
  const words = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });
  line.type = "button";
  line.append(words("b", one.command), ` ${one.usage_hint}`, words("small", one.description));
  line.onclick = () => {
    box.value = `${one.command} `;
    box.focus();
    hint(box);
  };
  return line;
}
