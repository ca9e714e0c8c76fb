// The field in which one writes: Enter sends, Shift+Enter breaks the line, a draft survives a reload.

const TELL_LEFT_BELOW = 200;

export class Composer {
  /**
   * @param {{room: string, onSend: (body: string) => void, onInput: (isEmpty: boolean) => void,
   *   onEditLast: () => void}} options
   */
  constructor({ room, onSend, onInput, onEditLast }) {
    this.form = document.getElementById("composer");
    this.field = /** @type {HTMLTextAreaElement} */ (document.getElementById("body"));
    this.button = /** @type {HTMLButtonElement} */ (this.form.querySelector("button"));
    this.left = document.getElementById("left");
    this.draft = `chat-draft:${room}`;
    this.onSend = onSend;
    this.onInput = onInput;
    this.field.value = sessionStorage.getItem(this.draft) ?? "";
    this.#show();
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.field.addEventListener("input", () => {
      this.#show();
      this.onInput(!this.field.value.trim());
    });
    this.field.addEventListener("keydown", (event) => {
      // While an input method composes, Enter chooses a character.
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.#submit();
      } else if (event.key === "ArrowUp" && !this.field.value) {
        event.preventDefault();
        onEditLast();
      }
    });
    if (matchMedia("(pointer: fine)").matches) this.field.focus();
  }

  /** Ends writing for good. @param {string} reason */
  close(reason) {
    this.field.value = "";
    this.field.disabled = this.button.disabled = true;
    this.field.placeholder = reason;
  }

  #submit() {
    const body = this.field.value.trim();
    if (!body || this.field.disabled) return;
    this.field.value = "";
    this.#show();
    this.onSend(body);
    this.field.focus();
  }

  #show() {
    const { field } = this;
    this.button.disabled = !field.value.trim();
    const left = field.maxLength - field.value.length;
    this.left.hidden = left > TELL_LEFT_BELOW;
    this.left.textContent = `${left} left`;
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`;
    if (field.value) sessionStorage.setItem(this.draft, field.value);
    else sessionStorage.removeItem(this.draft);
  }
}
