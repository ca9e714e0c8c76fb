// Calls to the service. What fails is a Failure with words for people and a hint for programs.

const CALL_MS = 10_000;
const ROOT = "/api/v1/chat";

export class Failure extends Error {
  /** @param {string} message @param {{status?: number, again?: boolean, afterMs?: number}} [facts] */
  constructor(message, { status = 0, again = false, afterMs = 0 } = {}) {
    super(message);
    this.status = status;
    this.again = again; // the same request may work later, and is safe to repeat when it has a key
    this.afterMs = afterMs;
  }
}

/**
 * @param {string} method @param {string} path @param {unknown} [body]
 * @param {Record<string, string>} [headers]
 * @returns {Promise<any>} the answer's JSON, null when there is none
 */
export async function call(method, path, body, headers = {}) {
  const { response, text } = await reach(method, path, body, headers);
  if (response.ok) return text ? JSON.parse(text) : null;
  const problem = problemIn(text);
  throw new Failure(explain(response.status, problem), {
    status: response.status,
    again: response.status >= 500 || response.status === 408 || response.status === 429,
    afterMs: 1000 * (Number(response.headers.get("Retry-After")) || 0),
  });
}

async function reach(method, path, body, headers) {
  try {
    const response = await fetch(ROOT + path, {
      method,
      headers: { ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(CALL_MS),
    });
    return { response, text: await response.text() }; // one that is cut short is none
  } catch {
    throw new Failure("The service cannot be reached.", { again: true });
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
  if (status === 429) return "That was a little fast. Wait a moment and try again.";
  if (status >= 500) return "The service has a problem. Try again in a moment.";
  const detail = problem.errors?.[0]?.detail ?? problem.detail ?? problem.title ?? "That did not work.";
  return detail.charAt(0).toUpperCase() + detail.slice(1);
}
