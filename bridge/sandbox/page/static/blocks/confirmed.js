// The dialog that asks before something is done, where the app wants that.

export function confirmed(one, go) {
  const asked = one.confirm;
  if (!asked) { go(); return; }
  const box = document.createElement("dialog");
  const words = (tag, text) => Object.assign(document.createElement(tag), { textContent: text?.text || text });
  const choose = (text, then, look) => Object.assign(words("button", text), { className: `button ${look}`, onclick: () => { box.close(); then(); } });
  const title = words("h2", asked.title);
  title.id = "asked";
  box.className = "asked";
  box.setAttribute("aria-labelledby", "asked");
  box.append(title, words("p", asked.text), choose(asked.deny || "Cancel", () => {}, ""), choose(asked.confirm || "OK", go, asked.style || "primary"));
  box.onclose = () => box.remove();
  document.body.append(box);
  box.showModal();
}
