// What somebody has typed and not sent yet. It is there again when they come back to the place, or load the page anew.

export const draft = (key) => sessionStorage.getItem(key) || "";

export function keepDraft(key, words) {
  words ? sessionStorage.setItem(key, words) : sessionStorage.removeItem(key);
}
