// Sending: one after the other, again and again under the same idempotency key until the service has
// answered. What waits survives a reload, so nothing that was written is lost, and nothing doubled.

import { Failure, call } from "./api.js";

const RETRY_MS = 1_000;
const RETRY_MAX_MS = 15_000;

/** @typedef {{key: string, body: string, at: string}} Item */

export class Outbox {
  /**
   * @param {{room: string, me: string, onPosted: (message: any) => void,
   *   onWaiting: (item: Item) => void, onRefused: (item: Item, failure: Failure) => void}} options
   */
  constructor({ room, me, onPosted, onWaiting, onRefused }) {
    this.prefix = `chat-outbox:${me}:${room}:`;
    this.path = `/rooms/${room}/messages`;
    Object.assign(this, { onPosted, onWaiting, onRefused });
    /** @type {Item[]} */ this.items = this.#stored();
    this.sending = false;
    this.attempt = 0;
    this.timer = 0;
    addEventListener("online", () => this.wake());
  }

  /** @param {string} body @returns {Item} */
  add(body) {
    const item = { key: newKey(), body, at: new Date().toISOString() };
    this.again(item);
    return item;
  }

  /** Puts an item at the end of those to send, a refused one too. @param {Item} item */
  again(item) {
    store(() => localStorage.setItem(this.prefix + item.key, JSON.stringify(item)));
    this.items.push(item);
    this.wake();
  }

  /** @param {Item} item */
  forget(item) {
    store(() => localStorage.removeItem(this.prefix + item.key));
    this.items = this.items.filter((other) => other.key !== item.key);
  }

  /** Tries at once, and what was refused while nobody was signed in, too: they are back. */
  resume() {
    this.items = this.#stored();
    this.wake();
  }

  /** Tries at once: the network seems to be back. */
  wake() {
    clearTimeout(this.timer);
    this.attempt = 0;
    if (!this.sending) this.#send();
  }

  async #send() {
    this.sending = true;
    while (this.items.length) {
      const item = this.items[0];
      try {
        const message = await call("POST", this.path, { body: item.body }, { headers: { "Idempotency-Key": item.key } });
        this.attempt = 0;
        this.forget(item);
        this.onPosted(message);
      } catch (failure) {
        if (!(failure instanceof Failure)) throw failure;
        if (failure.again) {
          this.#later(item, failure);
          break;
        }
        // Whoever is signed out may come back: what was written waits for that.
        if (failure.status === 401) this.items = this.items.filter(({ key }) => key !== item.key);
        else this.forget(item);
        this.onRefused(item, failure);
      }
    }
    this.sending = false;
  }

  #later(item, failure) {
    const window = Math.min(RETRY_MAX_MS, RETRY_MS * 2 ** this.attempt++);
    this.timer = setTimeout(() => this.sending || this.#send(), failure.afterMs + Math.random() * window);
    this.onWaiting(item);
  }

  #stored() {
    const keys = store(() => Object.keys(localStorage)) ?? [];
    const items = keys
      .filter((key) => key.startsWith(this.prefix))
      .map((key) => JSON.parse(localStorage.getItem(key)));
    return items.sort((one, other) => one.at.localeCompare(other.at));
  }
}

// randomUUID exists on secure pages only, and a demo in the local network is not one.
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Storage may be full or forbidden; then a reload forgets what waits, and all else works.
function store(use) {
  try {
    return use();
  } catch {
    return null;
  }
}
