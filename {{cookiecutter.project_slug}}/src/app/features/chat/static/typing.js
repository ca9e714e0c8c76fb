// Who is typing: signals that nobody keeps. Each says it again while it holds, and silence ends it.

import { isolate } from "./isolate.js";

const TELL_EVERY_MS = 3_000;
const EXPIRE_MS = 6_000;
const NAMES = 3;

export class Typing {
  /** @param {{me: string, nameOf: (user: string) => string | undefined}} options */
  constructor({ me, nameOf }) {
    this.me = me;
    this.nameOf = nameOf;
    this.line = document.getElementById("typing");
    /** @type {Map<string, number>} */ this.timers = new Map();
    this.toldAt = 0;
    this.signal = (_data, _key) => {};
  }

  /** I type, or have emptied the field. @param {boolean} isEmpty */
  input(isEmpty) {
    const now = Date.now();
    if (isEmpty) return this.stop();
    if (now - this.toldAt < TELL_EVERY_MS) return;
    this.toldAt = now;
    this.signal({ type: "typing", user: this.me, on: true }, "typing");
  }

  stop() {
    if (this.toldAt) this.signal({ type: "typing", user: this.me, on: false }, "typing");
    this.toldAt = 0;
  }

  /** Takes a signal. Names come from the list of members: a signal could claim any. */
  take({ type, user, on }) {
    if (type !== "typing" || user === this.me || !this.nameOf(user)) return;
    clearTimeout(this.timers.get(user));
    if (on) this.timers.set(user, setTimeout(() => this.forget(user), EXPIRE_MS));
    else this.timers.delete(user);
    this.#show();
  }

  /** @param {string} user */
  forget(user) {
    clearTimeout(this.timers.get(user));
    if (this.timers.delete(user)) this.#show();
  }

  #show() {
    const names = [...this.timers.keys()].map((user) => this.nameOf(user));
    const some = names.length > NAMES ? ["Several people"] : names;
    const list = new Intl.ListFormat("en").formatToParts(some);
    const parts = list.map(({ type, value }) => (type === "element" ? isolate(value) : value));
    const verb = names.length > 1 ? "are" : "is";
    this.line.replaceChildren(...parts, names.length ? ` ${verb} typing …` : "");
  }
}
