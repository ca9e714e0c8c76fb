// Whether what is shown is still so: a line above it, after a moment, where a page has lost touch.

const CALM_MS = 1_500; // most interruptions are over before anybody would have noticed

const SIGNED_OUT = 4401; // every page says so itself

const WORDS = new Map([
  ["reconnecting", "The connection is lost, and is being made again. What is shown may be out of date."],
  ["offline", "You are offline. What is shown may be out of date."],
  ["degraded", "News may arrive late. What is shown may be out of date."],
  ["fallback", "Limited connection: who is online is not followed."],
  ["stopped", "The connection was ended. Load the page again."],
]);

let timer = 0;

/** @param {{state: import("/static/web/realtime-types.js").State, code?: number}} status */
export function tellConnection({ state, code }) {
  const line = document.getElementById("connection");
  document.body.dataset.connection = state;
  clearTimeout(timer);
  const words = WORDS.get(state);
  if (words && code !== SIGNED_OUT) timer = setTimeout(() => tell(line, words), CALM_MS);
  else line.hidden = true;
}

/** Says that the device of this page is no more, and leads back to the others. */
export function tellRemoved() {
  const line = document.getElementById("connection");
  clearTimeout(timer);
  const back = document.createElement("a");
  back.href = "/devices";
  back.textContent = "All devices";
  line.replaceChildren("This device was removed. ", back);
  line.hidden = false;
}

/**
 * @param {HTMLElement} line
 * @param {string} words
 */
function tell(line, words) {
  line.textContent = words;
  line.hidden = false;
}
