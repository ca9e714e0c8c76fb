// The command box: sends, and shows what becomes of each command.

import { Failure, call } from "./api.js";
import { showClock } from "./times.js";

const OPEN = ["queued", "sent"];
const LATE_MS = 1_000; // by then somebody has told of the end of a command, or nobody does
const AGAIN_MS = 5_000;
const TIMER_MAX_MS = 2 ** 31 - 1;

export class Commands {
  /** @param {string} device */
  constructor(device) {
    this.device = device;
    this.list = document.getElementById("command-list");
    this.template = /** @type {HTMLTemplateElement} */ (document.getElementById("command-template"));
    this.form = /** @type {HTMLFormElement} */ (document.getElementById("command-form"));
    this.isSending = false;
    for (const time of this.list.querySelectorAll("time")) showClock(time);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!this.isSending) this.#send(); // pressed twice, it is one command
    });
    this.#expectEnd(0);
  }

  /** Reads the newest commands anew. */
  async reload() {
    const { items } = await call("GET", `/${this.device}/commands`);
    for (const command of items.toReversed()) this.show(command);
  }

  /** Shows a command as it is; an older version changes nothing. @param {any} command */
  show(command) {
    const known = [...this.list.children].find((row) => row.dataset.command === command.id);
    const version = Number(known?.dataset.version ?? -1);
    const hasEnded = OPEN.includes(known?.dataset.state) && !OPEN.includes(command.state);
    // That its time is over is so from that moment on, whoever writes it down, and when.
    if (known && (version > command.version || (version === command.version && !hasEnded))) return;
    const row = known ?? this.template.content.firstElementChild.cloneNode(true);
    Object.assign(row.dataset, { command: command.id, version: command.version, state: command.state, ends: command.ends_at });
    row.querySelector(".command__name").textContent = command.name;
    row.querySelector(".command__arguments").textContent = told(command.arguments);
    row.querySelector(".command__result").textContent = told(command.result);
    const state = row.querySelector(".command__state");
    state.dataset.state = command.state;
    state.textContent = command.state.replace("_", " ");
    const time = row.querySelector("time");
    time.dateTime = command.created_at;
    showClock(time);
    if (!known) this.list.prepend(row);
    this.#expectEnd(0);
    document.getElementById("no-commands").hidden = true;
    document.getElementById("announcer").textContent = `${command.name}: ${state.textContent}`;
  }

  /** Expects nothing more. */
  close() {
    clearTimeout(this.timer);
    this.isClosed = true;
  }

  /** Asks when the time of a command is over and nobody has said so: the workers may be away. */
  #expectEnd(pause_ms) {
    clearTimeout(this.timer);
    const open = [...this.list.children].filter((row) => OPEN.includes(row.dataset.state));
    if (!open.length || this.isClosed) return;
    const end = Math.min(...open.map((row) => Date.parse(row.dataset.ends))) + LATE_MS;
    const wait = Math.max(end - Date.now(), pause_ms, 0);
    this.timer = setTimeout(() => this.#askAgain(), Math.min(wait, TIMER_MAX_MS));
  }

  async #askAgain() {
    try {
      await this.reload();
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure; // asked again below
    }
    this.#expectEnd(AGAIN_MS);
  }

  async #send() {
    const { name, arguments: written } = this.#written();
    const key = { "Idempotency-Key": crypto.randomUUID?.() ?? String(Math.random()) };
    this.#wrong("name", "");
    this.#wrong("arguments", "");
    this.isSending = true;
    try {
      const body = { name, arguments: parsed(String(written)) };
      this.show(await call("POST", `/${this.device}/commands`, body, { headers: key }));
      // The topic is sometimes quicker than the answer: the next command may be being written.
      const now = this.#written();
      if (now.name === name && now.arguments === written) this.form.reset();
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      this.#wrong(failure.field === "arguments" ? "arguments" : "name", failure.message);
    } finally {
      this.isSending = false;
    }
  }

  #written() {
    return Object.fromEntries(new FormData(this.form));
  }

  #wrong(field, message) {
    document.getElementById(`${field}-error`).textContent = message;
    document.getElementById(field).setAttribute("aria-invalid", String(Boolean(message)));
  }
}

/** Returns the object that somebody wrote. @param {string} text */
export function parsed(text, field = "arguments") {
  try {
    const document = JSON.parse(text.trim() || "{}");
    if (document && typeof document === "object" && !Array.isArray(document)) return document;
  } catch {
    // told below, like everything else that is no object
  }
  throw new Failure('Write a JSON object, such as {"interval_seconds": 5}', { field });
}

function told(document) {
  return document && Object.keys(document).length ? JSON.stringify(document) : "";
}
