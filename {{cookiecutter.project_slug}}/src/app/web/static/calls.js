// Calls to the REST interface. What fails is a Failure with words for people and facts for programs.

import { person, refused } from "./signed-in.js";

const CALL_MS = 10_000;
const WORDS = new Map([
  [401, "You are signed out. Load the page again to sign in."],
  [412, "It was changed meanwhile: load the page again, and compare."],
  [429, "That was a little fast. Wait a moment and try again."],
]);
const BROKEN = "The service has a problem. Try again in a moment.";

export class Failure extends Error {
  /**
   * @param {string} message
   * @param {{status?: number, field?: string, again?: boolean, afterMs?: number}} [facts]
   */
  constructor(message, { status = 0, field = "", again = false, afterMs = 0 } = {}) {
    super(message);
    this.status = status; // 0 when nobody answered
    this.field = field; // of the form or the body
    this.again = again; // the same request may work later, and is safe to repeat when it has a key
    this.afterMs = afterMs;
  }
}

/**
 * Returns a function that calls what lies below a path of the service, as whom the page was made
 * for: when somebody else has signed in since, in another tab, the service takes it for nobody's.
 * @param {string} root
 * @param {{callMs?: number}} [options]
 */
export function callsTo(root, { callMs = CALL_MS } = {}) {
  /**
   * @param {string} method @param {string} path @param {unknown} [body]
   * @param {{headers?: Record<string, string>, signal?: AbortSignal}} [options]
   * @returns {Promise<any>} the answer's JSON, null when there is none
   */
  return async (method, path, body, { headers = {}, signal } = {}) => {
    const late = AbortSignal.timeout(callMs);
    const request = {
      method,
      headers: { ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...personHeader(), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: signal ? AbortSignal.any([late, signal]) : late,
    };
    const { response, text } = await reach(root + path, request, signal);
    if (response.status === 401) refused();
    if (!response.ok) throw failureOf(response, read(text) ?? {});
    const answer = text ? read(text) : null;
    if (answer === undefined) throw new Failure(BROKEN, { status: response.status, again: true });
    return answer;
  };
}

/** The header that says whom the page was made for. @returns {Record<string, string>} */
export function personHeader() {
  return person() ? { "Signed-In-As": person() } : {};
}

async function reach(address, request, signal) {
  try {
    const response = await fetch(address, request);
    return { response, text: await response.text() }; // one that is cut short is none
  } catch (failure) {
    if (signal?.aborted) throw failure; // somebody has asked for something else meanwhile
    throw new Failure("The service cannot be reached.", { again: true });
  }
}

// What a proxy says on the way is a page, whatever its status: undefined.
function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function failureOf({ status, headers }, problem) {
  return new Failure(explain(status, problem), {
    status,
    field: problem.errors?.[0]?.field,
    again: status >= 500 || status === 408 || status === 429,
    afterMs: 1000 * (Number(headers.get("Retry-After")) || 0),
  });
}

function explain(status, problem) {
  if (status >= 500) return BROKEN;
  const told = [WORDS.get(status), problem.errors?.[0]?.detail, problem.detail, problem.title];
  const words = told.find((one) => typeof one === "string" && one) ?? "That did not work.";
  return words.charAt(0).toUpperCase() + words.slice(1);
}
