// A form is sent once: pressed again while the answer is on its way, it would do everything twice.
//
// Without this script the service does what it is told, as often as it is told.

const AGAIN_MS = 10_000; // nothing came by then: whoever presses again means it

const sent = () => document.querySelectorAll('form[aria-busy="true"]');

document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  // Scripts that send a form themselves see to it themselves.
  if (event.defaultPrevented || form.getAttribute("method") !== "post") return;
  if (form.getAttribute("aria-busy") === "true") {
    event.preventDefault();
    return;
  }
  form.setAttribute("aria-busy", "true");
  setTimeout(() => form.removeAttribute("aria-busy"), AGAIN_MS);
});

// The way back leads to the page as it was left.
addEventListener("pageshow", () => {
  for (const form of sent()) form.removeAttribute("aria-busy");
});
