// Shows on the home page whether the service is ready, and keeps that up to date.

const EVERY_MS = 15_000;
const WORDS = {
  ready: ["good", "All systems are up"],
  degraded: ["signal", "Up, with something missing: messages may come late"],
  draining: ["signal", "This server is being replaced"],
  unavailable: ["danger", "The database is away"],
};
const UNREACHABLE = ["danger", "The service cannot be reached"];

const line = /** @type {HTMLElement} */ (document.getElementById("status"));
const dot = /** @type {HTMLElement} */ (line.querySelector(".dot"));
const text = /** @type {HTMLElement} */ (line.querySelector("[data-text]"));

async function ask() {
  try {
    const answer = await fetch("/readyz", { signal: AbortSignal.timeout(EVERY_MS) });
    const { status } = await answer.json();
    return WORDS[status] ?? UNREACHABLE;
  } catch {
    return UNREACHABLE;
  }
}

async function show() {
  if (document.visibilityState === "visible") {
    const [colour, words] = await ask();
    dot.className = `dot dot--${colour}`;
    if (text.textContent !== words) text.textContent = words; // else it would be read out again
    line.hidden = false;
  }
  setTimeout(show, EVERY_MS);
}

show();
