// Dialogs: `data-open` opens one, `data-close` closes it, a form's `data-action` names what it does.

import { Failure } from "./api.js";

/** @param {HTMLElement} root */
export function wireDialogs(root) {
  root.addEventListener("click", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    const opener = /** @type {HTMLElement} */ (target.closest("[data-open]"));
    if (opener) openDialog(opener.dataset.open);
    if (target.closest("[data-close]")) target.closest("dialog").close();
    if (target.closest(".menu__item")) target.closest("details")?.removeAttribute("open");
  });
  // A menu closes when the person turns to something else.
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(/** @type {Node} */ (event.target))) menu.removeAttribute("open");
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.removeAttribute("open");
      menu.querySelector("summary").focus();
    }
  });
}

/** @param {string} id */
export function openDialog(id) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById(id));
  showError(dialog, "");
  dialog.showModal();
  dialog.dispatchEvent(new Event("opened"));
}

/**
 * Runs `act` with the fields when the form is sent; the dialog stays open and says why it failed.
 * @param {string} action @param {(fields: Record<string, any>) => Promise<void>} act
 */
export function onDialog(action, act) {
  const form = /** @type {HTMLFormElement} */ (document.querySelector(`[data-action="${action}"]`));
  const dialog = form?.closest("dialog");
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = /** @type {HTMLButtonElement} */ (form.querySelector("button:not([type])"));
    button.disabled = true;
    try {
      await act(Object.fromEntries(new FormData(form)));
      dialog.close();
      form.reset();
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      showError(dialog, failure.message);
    } finally {
      button.disabled = false;
    }
  });
}

function showError(dialog, message) {
  const place = dialog.querySelector(".field__error");
  if (place) place.textContent = message;
}
