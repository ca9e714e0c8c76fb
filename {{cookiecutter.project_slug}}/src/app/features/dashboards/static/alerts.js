// Shows alerts as they are raised and cleared: a stream says that something happened, and the lists
// come from the page itself. Without this script they are as they were when the page was loaded.

import { personHeader } from "/static/web/calls.js";

import { Live } from "./live.js";

const TOGETHER_MS = 200; // several alerts of one second cost one look
const STATES = {
  live: "Live",
  waiting: "Connecting …",
  lost: "Connection lost, trying again …",
  stopped: "This is not shown any more. Load the page again.",
};

const page = /** @type {HTMLElement} */ (document.getElementById("alerts"));
const status = /** @type {HTMLElement} */ (document.getElementById("alerts-status"));
let waiting = 0;

async function renew() {
  waiting = 0;
  const answer = await fetch(location.href, { headers: personHeader() });
  if (!answer.ok) return;
  const renewed = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = renewed.getElementById("alerts-live");
  const shown = document.getElementById("alerts-live");
  const count = document.getElementById("alerts-count");
  if (!fresh || !shown || !count) return;
  document.title = renewed.title; // whoever looks at something else sees how many are raised
  if (fresh.innerHTML === shown.innerHTML) return;
  const before = count.textContent;
  // The line that is read out stays the same element, and is read out only when it says another thing.
  const said = fresh.querySelector("#alerts-count");
  if (said && said.textContent !== before) count.replaceChildren(...said.childNodes);
  said?.replaceWith(count);
  const focused = place(document.activeElement);
  shown.replaceChildren(...fresh.childNodes);
  if (focused) shown.querySelector(focused)?.focus();
}

// Where the focus is, so that whoever uses the keyboard is still there in the new list.
function place(element) {
  const rule = element?.closest?.("[data-rule]");
  return rule ? `[data-rule="${rule.dataset.rule}"] ${element.localName}` : "";
}

function soon() {
  waiting ||= setTimeout(() => renew().catch(() => {}), TOGETHER_MS);
}

function tell(state) {
  if (page.dataset.state === state) return;
  page.dataset.state = state;
  status.textContent = STATES[state];
  document.documentElement.dataset.alerts = state;
  if (state === "live") soon(); // what happened while nobody listened
}

new Live([page.dataset.topic], { onMessage: soon, onResume: soon, onState: tell }, { isRare: true });
