// What one can do with a message: copy, edit in place, delete.

import { Failure, call } from "./api.js";
import { onDialog, openDialog } from "./dialogs.js";
import { notify } from "./status.js";

const MARGIN_PX = 8;

export class MessageActions {
  /**
   * @param {{room: string, list: import("./messages.js").MessageList, isModerator: () => boolean}} options
   */
  constructor({ room, list, isModerator }) {
    this.path = `/rooms/${room}/messages`;
    this.list = list;
    this.isModerator = isModerator;
    this.menu = document.getElementById("message-menu");
    /** @type {HTMLElement | null} */ this.row = null;
    list.list.addEventListener("click", (event) => {
      const button = /** @type {HTMLElement} */ (event.target).closest(".message__menu");
      if (button) this.#open(/** @type {HTMLElement} */ (button));
    });
    this.menu.addEventListener("click", (event) => {
      const action = /** @type {HTMLElement} */ (event.target).closest("[data-do]");
      if (action) this.#do(/** @type {HTMLElement} */ (action).dataset.do);
    });
    this.menu.addEventListener("toggle", (event) => {
      if (event.newState === "closed") this.button?.setAttribute("aria-expanded", "false");
    });
    list.scroller.addEventListener("scroll", () => this.menu.matches(":popover-open") && this.menu.hidePopover());
    onDialog("delete-message", () => call("DELETE", `${this.path}/${this.row.dataset.id}`));
  }

  /** Edits the newest message of the reader. */
  editLast() {
    const own = this.list.rows().filter((row) => row.matches(".message--mine[data-id]:not(.message--deleted)"));
    if (own.length) this.#edit(own.at(-1));
  }

  #open(button) {
    this.button = button;
    this.row = /** @type {HTMLElement} */ (button.closest(".message"));
    const own = this.row.classList.contains("message--mine");
    this.#item("edit").hidden = !own;
    this.#item("delete").hidden = !own && !this.isModerator();
    this.menu.showPopover();
    button.setAttribute("aria-expanded", "true");
    const at = button.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.menu;
    const left = Math.min(Math.max(MARGIN_PX, at.right - width), innerWidth - width - MARGIN_PX);
    const below = at.bottom + height + MARGIN_PX < innerHeight;
    this.menu.style.left = `${left}px`;
    this.menu.style.top = `${below ? at.bottom : Math.max(MARGIN_PX, at.top - height)}px`;
    this.menu.querySelector("button:not([hidden])").focus();
  }

  #item(name) {
    return /** @type {HTMLElement} */ (this.menu.querySelector(`[data-do="${name}"]`));
  }

  #do(action) {
    this.menu.hidePopover();
    const text = this.row.querySelector(".message__body").textContent;
    if (action === "edit") this.#edit(this.row);
    else if (action === "copy") navigator.clipboard?.writeText(text).catch(() => notify("Copying is not allowed here."));
    else {
      document.getElementById("delete-message-text").textContent = text;
      openDialog("delete-message");
    }
  }

  #edit(row) {
    if (row.querySelector(".edit")) return;
    const line = row.querySelector(".message__line");
    const form = document.createElement("form");
    form.className = "edit stack";
    const field = document.createElement("textarea");
    field.className = "input";
    field.maxLength = /** @type {HTMLTextAreaElement} */ (document.getElementById("body")).maxLength;
    field.value = row.querySelector(".message__body").textContent;
    field.rows = Math.min(8, field.value.split("\n").length + 1);
    field.setAttribute("aria-label", "Edit the message");
    const buttons = document.createElement("div");
    buttons.className = "edit__buttons";
    buttons.append(button("Cancel", "button"), button("Save", "submit"));
    form.append(field, buttons);
    const end = () => {
      form.remove();
      line.hidden = false;
      document.getElementById("body").focus();
    };
    buttons.firstElementChild.addEventListener("click", end);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#save(row, field.value.trim(), end);
    });
    field.addEventListener("keydown", (event) => {
      if (event.key === "Escape") end();
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        form.requestSubmit();
      }
    });
    line.hidden = true;
    line.before(form);
    field.focus();
    row.scrollIntoView({ block: "nearest" });
  }

  async #save(row, body, end) {
    if (!body) return;
    try {
      const message = await call("PATCH", `${this.path}/${row.dataset.id}`, { body });
      end();
      this.list.put(message);
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      notify(failure.message);
    }
  }
}

function button(text, type) {
  const made = document.createElement("button");
  made.type = type;
  made.textContent = text;
  return made;
}
