// What was: asked of the service until it has answered, for the way there may be lost just then.

import { Failure, callsTo } from "/static/web/calls.js";

const RETRY_MS = 1_000; // jittered, doubled up to
const RETRY_MAX_MS = 30_000;
const call = callsTo("");

export class History {
  #asked = 0;
  #attempt = 0;
  #owed = ""; // what was asked first and not answered: by now the page would ask for less
  #timer = 0;

  /** @param {() => string} address @param {(told: any) => void} take */
  constructor(address, take) {
    this.address = address;
    this.take = take;
  }

  /** Asks now, and again later where nobody answers. */
  async ask() {
    clearTimeout(this.#timer);
    const number = ++this.#asked;
    this.#owed ||= this.address();
    const { told, isOwed } = await reach(this.#owed);
    if (!isOwed) {
      this.#owed = "";
      this.#attempt = 0;
      if (told) this.take(told);
    } else if (number === this.#asked) {
      const window = Math.min(RETRY_MAX_MS, RETRY_MS * 2 ** this.#attempt++);
      this.#timer = setTimeout(() => this.ask(), Math.random() * window);
    }
  }
}

async function reach(address) {
  try {
    return { told: await call("GET", address) };
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    return { isOwed: failure.again };
  }
}
