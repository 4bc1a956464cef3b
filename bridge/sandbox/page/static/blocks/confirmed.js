// The dialog that asks before something is done, where the app wants that. Who says no has changed nothing.

export function confirmed(asked, go, undo = () => {}) {
  if (!asked) { go(); return; }
  let isAgreed = false;
  const box = document.createElement("dialog");
  const words = (tag, text) => Object.assign(document.createElement(tag), { textContent: text?.text || text });
  const choose = (text, then, look) => Object.assign(words("button", text), { className: `button ${look}`, onclick: () => { then(); box.close(); } });
  const title = words("h2", asked.title);
  title.id = "asked";
  box.className = "asked";
  box.setAttribute("aria-labelledby", "asked");
  box.append(title, words("p", asked.text), choose(asked.deny || "Cancel", () => {}, ""),
    choose(asked.confirm || "OK", () => { isAgreed = true; }, asked.style || "primary"));
  box.onclose = () => { box.remove(); isAgreed ? go() : undo(); };
  document.body.append(box);
  box.showModal();
}
