// What is desired and what is reported; saving replaces what is desired, unless somebody else did.

import { Failure, call } from "./api.js";
import { parsed } from "./commands.js";

export class State {
  /** @param {string} device */
  constructor(device) {
    this.device = device;
    this.form = /** @type {HTMLFormElement} */ (document.getElementById("desired-form"));
    this.desired = /** @type {HTMLTextAreaElement} */ (document.getElementById("desired"));
    this.reportedVersion = -1;
    this.isSaving = false;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!this.isSaving) this.#save(); // the second of two would be told that the first was there
    });
  }

  /** Reads both halves anew. */
  async reload() {
    this.show(await call("GET", `/${this.device}/state`));
  }

  /** Shows both halves, each if it is a newer one. @param {any} state */
  show(state) {
    const version = this.form.elements.namedItem("version");
    if (state.desired_version > Number(version.value)) {
      // What somebody is writing is not taken from under their hands.
      const isBeingWritten = this.desired.value !== this.desired.defaultValue;
      if (!isBeingWritten) this.#write(state);
    }
    if (state.reported_version < this.reportedVersion) return;
    this.reportedVersion = state.reported_version;
    document.getElementById("reported").textContent = pretty(state.reported);
    const isBehind = Object.keys(state.delta).length > 0;
    const isWished = Object.keys(state.desired).length > 0;
    document.getElementById("delta").textContent = isBehind ? "The device has yet to follow" : isWished ? "The device is as desired" : "";
  }

  #write(state) {
    this.form.elements.namedItem("version").value = String(state.desired_version);
    this.desired.defaultValue = this.desired.value = pretty(state.desired);
  }

  async #save() {
    const error = document.getElementById("desired-error");
    error.textContent = "";
    this.isSaving = true;
    try {
      const headers = { "If-Match": `"${this.form.elements.namedItem("version").value}"` };
      const body = { desired: parsed(this.desired.value, "desired") };
      const state = await call("PUT", `/${this.device}/state/desired`, body, { headers });
      this.#write(state);
      this.show(state);
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      error.textContent = failure.message;
    } finally {
      this.isSaving = false;
    }
    this.desired.setAttribute("aria-invalid", String(Boolean(error.textContent)));
  }
}

function pretty(document) {
  return JSON.stringify(document, null, 2);
}
