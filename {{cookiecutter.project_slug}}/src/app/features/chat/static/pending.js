// Messages on their way: shown at once, marked while they wait, and with a choice when they are refused.

/** @typedef {import("./outbox.js").Item} Item */

export class PendingRows {
  /** @param {import("./messages.js").MessageList} list */
  constructor(list) {
    this.list = list;
  }

  /** @param {Item} item */
  add(item) {
    if (!this.list.findKey(item.key)) this.list.putPending(item);
  }

  /** @param {Item} item */
  waits(item) {
    const row = this.#waiting(item);
    if (row) this.#say(row, "Waiting for the connection …");
  }

  /** @param {Item} item @param {Error} failure @param {import("./outbox.js").Outbox} outbox */
  refused(item, failure, outbox) {
    const row = this.#waiting(item);
    if (!row) return;
    row.classList.add("message--failed");
    const again = button("Try again", () => {
      row.classList.remove("message--failed");
      this.#say(row, "");
      outbox.again(item);
    });
    const discard = button("Discard", () => {
      outbox.forget(item);
      this.list.remove(row);
    });
    this.#say(row, `Not sent. ${failure.message}`, again, discard);
  }

  // A row that has an id was posted after all: its event came before the answer.
  #waiting(item) {
    const row = this.list.findKey(item.key);
    return row?.dataset.id ? null : row;
  }

  #say(row, text, ...buttons) {
    const state = row.querySelector(".message__state");
    state.replaceChildren(text, ...buttons);
    state.hidden = !text;
    if (this.list.wasAtBottom) this.list.toBottom();
  }
}

function button(text, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.addEventListener("click", act);
  return made;
}
