// Finds calls while one types, opens the one that an address names, and sends them.
// Without this script the page is complete, but for sending.

import { personHeader } from "./calls.js";

const SHOWN_CHARACTERS = 20_000;

const calls = /** @type {HTMLDetailsElement[]} */ ([...document.querySelectorAll("[data-call]")]);
const nothing = /** @type {HTMLElement} */ (document.querySelector("#nothing"));
const filter = /** @type {HTMLInputElement} */ (document.querySelector("#filter"));

/** Shows the calls that have every word somewhere in their line. */
function find() {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const call of calls) {
    const line = call.querySelector("summary")?.textContent?.toLowerCase() ?? "";
    call.hidden = !words.every((word) => line.includes(word));
  }
  for (const group of document.querySelectorAll(".reference__group")) {
    const own = [...group.querySelectorAll("[data-call]")];
    /** @type {HTMLElement} */ (group).hidden =
      own.length > 0 && own.every((call) => /** @type {HTMLElement} */ (call).hidden);
  }
  nothing.hidden = calls.some((call) => !call.hidden);
}

/**
 * Returns the address of a call with what was filled in.
 * @param {HTMLElement} call
 * @param {HTMLFormElement} form
 */
function addressOf(call, form) {
  let path = call.dataset.path ?? "";
  const query = new URLSearchParams();
  for (const input of form.querySelectorAll("input")) {
    if (input.dataset.place === "path") {
      path = path.replace(`{${input.name}}`, encodeURIComponent(input.value));
    } else if (input.dataset.place === "query" && input.value) {
      query.set(input.name, input.value);
    }
  }
  return query.size ? `${path}?${query}` : path;
}

/**
 * Returns the headers that were filled in, and that of a body.
 * @param {HTMLFormElement} form
 * @param {boolean} hasBody
 */
function headersOf(form, hasBody) {
  const headers = new Headers({ ...(hasBody ? { "Content-Type": "application/json" } : {}), ...personHeader() });
  for (const input of form.querySelectorAll("input")) {
    if (input.dataset.place === "header" && input.value) headers.set(input.name, input.value);
  }
  return headers;
}

/** @param {string} text */
function readable(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2).slice(0, SHOWN_CHARACTERS);
  } catch {
    return text.slice(0, SHOWN_CHARACTERS);
  }
}

/**
 * Sends a call and shows what came back.
 * @param {HTMLElement} call
 * @param {HTMLFormElement} form
 */
async function send(call, form) {
  const body = /** @type {HTMLTextAreaElement | null} */ (form.elements.namedItem("body"));
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  const part = (/** @type {string} */ name) =>
    /** @type {HTMLElement} */ (form.querySelector(`[data-${name}]`));
  button.disabled = true;
  const begun = performance.now();
  try {
    const answer = await fetch(addressOf(call, form), {
      method: call.dataset.method,
      headers: headersOf(form, body !== null),
      body: body?.value,
    });
    const text = await answer.text();
    part("status").textContent = String(answer.status);
    part("status").classList.toggle("call__status--failure", !answer.ok);
    part("answer").textContent = readable(text) || "(nothing)";
  } catch {
    part("status").textContent = "-";
    part("status").classList.add("call__status--failure");
    part("answer").textContent = "The service did not answer.";
  }
  part("took").textContent = `${Math.round(performance.now() - begun)} ms`;
  /** @type {HTMLElement} */ (form.querySelector(".call__result")).hidden = false;
  button.disabled = false;
}

/** Opens the call that the address names. */
function openNamed() {
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (named instanceof HTMLDetailsElement) named.open = true;
}

for (const call of calls) {
  const form = /** @type {HTMLFormElement} */ (call.querySelector("[data-try]"));
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void send(call, form);
  });
}
/** @type {HTMLElement} */ (document.querySelector(".reference__filter")).hidden = false;
filter.addEventListener("input", find);
addEventListener("hashchange", openNamed);
openNamed();
