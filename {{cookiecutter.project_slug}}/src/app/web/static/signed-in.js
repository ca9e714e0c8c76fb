// Whether whom this page was made for is still signed in. Nobody is asked without a reason: somebody
// comes back to the page, another tab shows somebody else, or the service has refused something.

const ASK = "/api/v1/accounts/me";
const KEY = "signed-in-as"; // tells the other tabs, and is of no use to anybody else
const ASK_MS = 10_000;
const CALM_MS = 5_000; // between two looks at a page with which all is well
const AGAIN_MS = 2_000; // a server may take a moment to hear of an end

/** The id of whom this page was made for; empty for a visitor. */
export const person = () =>
  globalThis.document?.querySelector('meta[name="signed-in-as"]')?.getAttribute("content") ?? "";

const returns = new Set();
let state = "same"; // or "out", or "other"
let isRefused = false;
let isAsking = false;
let isOwed = false;
let askedAt = 0;
let timer = 0;
/** @type {HTMLElement | undefined} */ let notice;

/** Adds to an address whom this page was made for, as no header goes with a socket or a stream. @param {string} path */
export function own(path) {
  const address = new URL(path, location.href);
  if (person()) address.searchParams.set("signed-in-as", person());
  return address.href;
}

/** Runs something whenever the person of this page is back. @param {() => void} act */
export function onReturn(act) {
  returns.add(act);
}

/** The service has taken this page for nobody's: finds out, and says, why. */
export function refused() {
  if (!person()) return;
  isRefused = true;
  ask();
}

async function ask() {
  clearTimeout(timer);
  isOwed = true;
  if (isAsking) return; // what is on its way may have been answered before somebody signed in
  isAsking = true;
  let found = "";
  while (isOwed) {
    isOwed = false;
    found = await look();
  }
  isAsking = false;
  askedAt = Date.now();
  if (!found) return; // nobody can say for now: nothing is said
  const isBack = isRefused || state !== "same";
  show(found);
  if (found !== "same" || !isBack) return;
  isRefused = false;
  setTimeout(() => returns.forEach((act) => act()), Math.random() * AGAIN_MS);
}

async function look() {
  try {
    const answer = await fetch(ASK, { cache: "no-store", signal: AbortSignal.timeout(ASK_MS) });
    if (answer.status === 401 || answer.status === 403) return "out";
    if (!answer.ok) return "";
    return (await answer.json()).user.id === person() ? "same" : "other";
  } catch {
    return "";
  }
}

function show(found) {
  if (found === state) return;
  state = found;
  notice?.remove();
  if (state === "same") return;
  notice = document.createElement("p");
  notice.id = "signed-in";
  notice.className = "notice notice--error signed-in";
  notice.setAttribute("role", "alert");
  const here = location.pathname + location.search;
  if (state === "out") notice.append("You are signed out. ", link("Sign in", `/sign-in?next=${encodeURIComponent(here)}`));
  else notice.append("Somebody else is signed in now. ", link("Load the page as them", here));
  document.getElementById("content")?.before(notice);
}

function link(words, address) {
  const made = document.createElement("a");
  made.href = address;
  made.textContent = words;
  return made;
}

// Whoever signs in or out elsewhere in the meantime comes back to this page, or has it beside the other.
function back() {
  if (document.visibilityState === "hidden") return;
  clearTimeout(timer);
  const wait = state === "same" ? askedAt + CALM_MS - Date.now() : 0;
  timer = setTimeout(ask, Math.max(0, wait));
}

// A visitor's page tells, too: somebody has signed out.
function begin() {
  try {
    localStorage.setItem(KEY, person());
  } catch {
    // Without storage the other tabs find out when somebody looks at them.
  }
  if (!person()) return;
  addEventListener("storage", ({ key }) => key === KEY && ask());
  addEventListener("focus", back);
  addEventListener("pageshow", ({ persisted }) => persisted && back());
  document.addEventListener("visibilitychange", back);
}

if (globalThis.document) begin();
