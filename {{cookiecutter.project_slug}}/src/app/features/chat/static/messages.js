// The list of messages: in order of their ids, grouped by day and author, with the reader's place kept.

import { adoptRow, fillPending, fillRow, newRow, timeOf } from "./message-row.js";
import { dayName, sameDay } from "./times.js";

const TOGETHER_MS = 5 * 60_000; // messages of one author closer than this share a head
const BOTTOM_PX = 80;

/** @typedef {import("./message-row.js").Message} Message */

export class MessageList {
  /** @param {{me: string, onMove: () => void}} options */
  constructor({ me, onMove }) {
    this.me = me;
    this.list = document.getElementById("messages");
    this.scroller = document.getElementById("scroll");
    this.jump = document.getElementById("jump");
    this.empty = document.getElementById("no-messages");
    this.wasAtBottom = true;
    for (const row of this.rows()) adoptRow(row, me);
    for (const row of this.rows()) this.#group(row);
    this.#settle();
    this.jump.addEventListener("click", () => this.toBottom("smooth"));
    this.scroller.addEventListener("scroll", () => {
      this.wasAtBottom = this.isAtBottom();
      this.jump.hidden = this.wasAtBottom;
      onMove();
    });
    // The keyboard of a phone and a growing composer take room away from below.
    new ResizeObserver(() => this.wasAtBottom && this.toBottom()).observe(this.scroller);
  }

  /** @returns {HTMLElement[]} */
  rows() {
    return [...this.list.querySelectorAll(".message")];
  }

  newestId() {
    return this.#ids().at(-1) ?? 0;
  }

  oldestId() {
    return this.#ids()[0] ?? 0;
  }

  /** @param {string | number} id */
  find(id) {
    return this.list.querySelector(`[data-id="${Number(id)}"]`);
  }

  findKey(key) {
    return this.list.querySelector(`[data-key="${CSS.escape(key)}"]`);
  }

  isAtBottom() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < BOTTOM_PX;
  }

  toBottom(behavior = "instant") {
    this.scroller.scrollTo({ top: this.scroller.scrollHeight, behavior });
  }

  /** Scrolls up to an element that is above what can be seen. @param {HTMLElement} element */
  reveal(element) {
    const above = element.offsetTop - this.scroller.clientHeight / 4;
    if (above < this.scroller.scrollTop) this.scroller.scrollTop = above;
  }

  /**
   * Shows a message, or the newer version of one; tells whether it is new here.
   * @param {Message} message
   */
  put(message) {
    const own = message.author.id === this.me;
    const shown = this.find(message.id) ?? (own ? this.findKey(message.key) : null);
    if (shown && Number(shown.dataset.version ?? 0) >= message.version) return false;
    const isNew = !shown?.dataset.id;
    const row = shown ?? newRow(message.author.id);
    this.#keeping(() => {
      fillRow(row, message, this.me);
      if (isNew) this.#place(row);
      this.#settle();
    });
    return isNew && !shown;
  }

  /** @param {{key: string, body: string, at: string}} item */
  putPending(item) {
    const row = newRow(this.me);
    fillPending(row, item);
    this.list.append(row);
    this.#group(row);
    this.#settle();
    return row;
  }

  /** Shows earlier messages above, and leaves what is being read where it is. @param {Message[]} page */
  prepend(page) {
    const { scrollHeight, scrollTop } = this.scroller;
    for (const message of page) this.put(message);
    this.scroller.scrollTop = scrollTop + this.scroller.scrollHeight - scrollHeight;
  }

  /** @param {HTMLElement} row */
  remove(row) {
    const next = row.nextElementSibling;
    row.previousElementSibling?.matches(".day") && row.previousElementSibling.remove();
    row.remove();
    if (next?.matches(".message")) this.#group(/** @type {HTMLElement} */ (next));
    this.#settle();
  }

  /** Drops what a reload did not cover, so that no hole is left between old and new. */
  dropBelow(id) {
    for (const row of this.rows()) if (row.dataset.id && Number(row.dataset.id) < id) this.remove(row);
  }

  /** Draws the line above the first message of others after `id`. @param {number} id */
  divideAfter(id) {
    this.undivide();
    const first = this.rows().find((row) => Number(row.dataset.id) > id && row.dataset.author !== this.me);
    if (!first) return null;
    const line = document.createElement("li");
    line.className = "divider";
    line.textContent = "New messages";
    const before = first.previousElementSibling?.matches(".day") ? first.previousElementSibling : first;
    before.before(line);
    this.#group(first);
    return line;
  }

  undivide() {
    const line = this.list.querySelector(".divider");
    const next = line?.nextElementSibling;
    line?.remove();
    if (next?.matches(".message")) this.#group(/** @type {HTMLElement} */ (next));
  }

  #ids() {
    return this.rows().filter((row) => row.dataset.id).map((row) => Number(row.dataset.id));
  }

  // Own additions scroll along only for a reader who is at the bottom anyway.
  #keeping(change) {
    const follow = this.wasAtBottom;
    change();
    if (follow) this.toBottom();
    else this.jump.hidden = false;
  }

  #place(row) {
    const id = Number(row.dataset.id);
    if (row.isConnected) this.remove(row);
    let after = this.list.lastElementChild;
    while (after && !(Number(after.dataset.id) < id)) after = after.previousElementSibling;
    if (after) after.after(row);
    else this.list.prepend(row);
    row.classList.toggle("message--arriving", !row.nextElementSibling);
    this.#group(row);
  }

  // Decides about the head of a row and of the one below it, and about the day above each.
  #group(row) {
    this.#head(row);
    let next = row.nextElementSibling;
    while (next && !next.matches(".message")) next = next.nextElementSibling;
    if (next) this.#head(/** @type {HTMLElement} */ (next));
  }

  #head(row) {
    let above = row.previousElementSibling;
    const separators = [];
    while (above && !above.matches(".message")) {
      separators.push(above);
      above = above.previousElementSibling;
    }
    const at = timeOf(row);
    const earlier = above && timeOf(/** @type {HTMLElement} */ (above));
    const isNewDay = !earlier || !sameDay(earlier, at);
    const day = separators.find((one) => one.matches(".day"));
    if (isNewDay && !day) row.before(dayLine(at));
    else if (isNewDay) day.textContent = dayName(at);
    else day?.remove();
    const divided = separators.some((one) => one.matches(".divider"));
    const close = !isNewDay && !divided && at.getTime() - earlier.getTime() < TOGETHER_MS;
    row.classList.toggle("message--joined", close && above.dataset.author === row.dataset.author);
  }

  #settle() {
    this.empty.hidden = this.list.childElementCount > 0;
  }
}

function dayLine(at) {
  const line = document.createElement("li");
  line.className = "day";
  line.textContent = dayName(at);
  return line;
}
