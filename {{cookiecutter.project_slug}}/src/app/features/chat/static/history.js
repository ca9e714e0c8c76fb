// Messages that are not on the page yet: earlier ones as the reader scrolls up, all of them after a gap.

import { Failure, call } from "./api.js";
import { isolate } from "./isolate.js";

const RELOAD_PAGES = 10;

export class History {
  /** @param {{room: string, list: import("./messages.js").MessageList}} options */
  constructor({ room, list }) {
    this.path = `/rooms/${room}/messages`;
    this.list = list;
    this.older = document.getElementById("older");
    this.text = document.getElementById("older-text");
    this.again = document.getElementById("older-again");
    this.begins = document.getElementById("room-name").textContent;
    this.next = this.older.dataset.next || null;
    this.loading = false;
    const near = { root: list.scroller, rootMargin: "600px 0px 0px 0px" };
    this.observer = new IntersectionObserver(([seen]) => seen.isIntersecting && this.load(), near);
    this.observer.observe(this.older);
    this.again.addEventListener("click", () => this.load());
  }

  async load() {
    if (!this.next || this.loading) return;
    this.loading = true;
    this.again.hidden = true;
    this.text.textContent = "Earlier messages are loading …";
    try {
      const page = await call("GET", `${this.path}?before=${encodeURIComponent(this.next)}`);
      this.list.prepend(page.items);
      this.#reached(page.next);
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      this.text.textContent = failure.message;
      this.again.hidden = false;
    } finally {
      this.loading = false;
    }
    // The observer speaks only when something changes, and the next page may be due already.
    this.observer.unobserve(this.older);
    this.observer.observe(this.older);
  }

  /** Fetches again what is shown: edits may be missing anywhere, and messages at the end. */
  async reload() {
    const oldest = this.list.oldestId();
    let next = null;
    for (let pages = 0; pages < RELOAD_PAGES; pages += 1) {
      const page = await call("GET", this.path + (next ? `?before=${encodeURIComponent(next)}` : ""));
      for (const message of page.items.toReversed()) this.list.put(message);
      next = page.next;
      const reached = page.items.at(-1)?.id ?? 0;
      if (!next || reached <= oldest) return;
      if (pages === RELOAD_PAGES - 1) {
        this.list.dropBelow(reached);
        this.#reached(next);
      }
    }
  }

  #reached(next) {
    this.next = next;
    if (!next) this.text.replaceChildren("This is where ", isolate(this.begins), " begins.");
  }
}
