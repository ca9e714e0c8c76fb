// Buttons that copy what stands in the element they name.

const SHOWN_MS = 2_000;

for (const button of document.querySelectorAll("[data-copy]")) {
  const copying = /** @type {HTMLButtonElement} */ (button);
  const words = copying.textContent;
  let timer = 0;
  copying.hidden = !navigator.clipboard; // plain http has none; the text can be selected
  copying.addEventListener("click", async () => {
    const source = document.getElementById(copying.dataset.copy);
    const told = await copy(source);
    copying.textContent = told;
    document.getElementById("announcer").textContent = `${told}.`;
    clearTimeout(timer);
    timer = setTimeout(() => (copying.textContent = words), SHOWN_MS);
  });
}

/** Copies, or selects what the browser does not let a page copy. @param {HTMLElement} source */
async function copy(source) {
  try {
    await navigator.clipboard.writeText(source.textContent);
    return "Copied";
  } catch {
    getSelection().selectAllChildren(source);
    return "Selected: copy it now";
  }
}
