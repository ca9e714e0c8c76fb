// Calls to the service. What fails is a Failure with words for people.

const CALL_MS = 10_000;
const ROOT = "/api/v1/devices";

export class Failure extends Error {
  /** @param {string} message @param {{field?: string}} [facts] */
  constructor(message, { field = "" } = {}) {
    super(message);
    this.field = field;
  }
}

/**
 * @param {string} method @param {string} path @param {unknown} [body]
 * @param {{headers?: Record<string, string>, signal?: AbortSignal}} [options]
 * @returns {Promise<any>} the answer's JSON, null when there is none
 */
export async function call(method, path, body, { headers = {}, signal } = {}) {
  const { response, text } = await reach(method, path, body, headers, signal);
  if (response.ok) return text ? JSON.parse(text) : null;
  const problem = problemIn(text);
  throw new Failure(explain(response.status, problem), { field: problem.errors?.[0]?.field });
}

async function reach(method, path, body, headers, signal) {
  const late = AbortSignal.timeout(CALL_MS);
  try {
    const response = await fetch(ROOT + path, {
      method,
      headers: { ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: signal ? AbortSignal.any([late, signal]) : late,
    });
    return { response, text: await response.text() }; // one that is cut short is none
  } catch (failure) {
    if (signal?.aborted) throw failure; // somebody has asked for something else meanwhile
    throw new Failure("The service cannot be reached.");
  }
}

// What a proxy says on the way has no problem in it.
function problemIn(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

function explain(status, problem) {
  if (status === 401) return "You are signed out. Load the page again to sign in.";
  if (status === 412) return "It was changed meanwhile: load the page again, and compare.";
  if (status === 429) return "That was a little fast. Wait a moment and try again.";
  if (status >= 500) return "The service has a problem. Try again in a moment.";
  const detail = problem.errors?.[0]?.detail ?? problem.detail ?? problem.title ?? "That did not work.";
  return detail.charAt(0).toUpperCase() + detail.slice(1);
}
