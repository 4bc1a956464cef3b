// What went wrong, or right, is told for a while at the foot of the page.

const SECONDS = 6;

export function notice(words, { isError = false } = {}) {
  const line = Object.assign(document.createElement("p"), { className: isError ? "notice error" : "notice", textContent: words });
  line.setAttribute("role", isError ? "alert" : "status");
  line.popover = "manual"; // above an open dialog, too
  document.body.append(line);
  line.showPopover();
  setTimeout(() => line.remove(), SECONDS * 1000);
}

// What an act came to: its result. A problem that Slack's own client would show is shown.
export async function tried(acting, well) {
  try {
    const result = await acting;
    if (result?.problem) notice(`Slack: ${result.problem}`, { isError: true });
    else well?.(result);
    return result;
  } catch (error) {
    notice(error.message, { isError: true });
    return null;
  }
}
