// Choosing rows: all that are shown, or all that match, and always in words which of the two.

import { Failure, call } from "./api.js";

const NUMBER = new Intl.NumberFormat("en-GB"); // as the server writes them

const form = /** @type {HTMLFormElement | null} */ (document.getElementById("choosing"));
if (form) begin(form);

/** @param {HTMLFormElement} form */
function begin(form) {
  const rows = document.getElementById("rows");
  const all = /** @type {HTMLInputElement} */ (document.getElementById("choose-all"));
  const matching = /** @type {HTMLInputElement} */ (document.getElementById("choose-matching"));
  const words = document.getElementById("all-matching");
  const act = /** @type {HTMLButtonElement} */ (document.getElementById("choosing-act"));
  const boxes = () => [.../** @type {NodeListOf<HTMLInputElement>} */ (rows.querySelectorAll("input"))];

  all.closest("label").hidden = false;
  all.addEventListener("change", () => {
    for (const box of boxes()) box.checked = all.checked;
    tell();
  });
  matching.addEventListener("change", () => {
    for (const box of boxes()) box.checked = matching.checked;
    tell();
  });
  rows.addEventListener("change", tell);
  rows.addEventListener("shown", (/** @type {CustomEvent} */ { detail }) => shown(detail));
  tell();

  // Other rows are there, or more of them: what was chosen of others is chosen no longer, nor are
  // all that match when something else is looked for.
  function shown({ filters, fixed, isMore, hasMore }) {
    form.action = form.action.replace(/\?.*|$/, `?${filters}`);
    if (matching.checked) for (const box of boxes()) box.checked = isMore;
    if (!isMore) matching.checked = false;
    if (!isMore || !hasMore) matching.closest("label").hidden = true;
    if (!isMore && hasMore) count(filters, fixed);
    if (!hasMore) matching.checked = false; // all that match are shown
    tell();
  }

  async function count(filters, fixed) {
    const asked = String(filters);
    try {
      const counts = await call("GET", `/counts?${[asked, fixed].filter(Boolean).join("&")}`);
      if (!form.action.endsWith(`?${asked}`)) return; // something else is looked for by now
      words.textContent = `All ${NUMBER.format(counts.matching)}${asked && " that match"}`;
      matching.closest("label").hidden = false;
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure; // those that are shown can be chosen
    }
  }

  function tell() {
    const chosen = boxes().filter((box) => box.checked).length;
    const shown = boxes().length;
    for (const box of boxes()) box.disabled = matching.checked;
    all.disabled = shown === 0 || matching.checked;
    all.checked = chosen > 0 && chosen === shown;
    all.indeterminate = chosen > 0 && chosen < shown;
    document.getElementById("all-shown").textContent = `All ${NUMBER.format(shown)} shown`;
    act.disabled = chosen === 0;
    const count = chosen ? `${NUMBER.format(chosen)} chosen` : "None chosen";
    document.getElementById("chosen-count").textContent = matching.checked ? `${words.textContent} are chosen` : count;
  }
}
