// Lets people see the password that they type. Without this script the field is an ordinary one.

const EYE = { show: "Show", hide: "Hide" };

/** @param {HTMLInputElement} input */
function addToggle(input) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "accounts__reveal";
  button.textContent = EYE.show;
  button.setAttribute("aria-label", "Show password");
  button.setAttribute("aria-pressed", "false");
  button.setAttribute("aria-controls", input.id);
  button.addEventListener("click", () => {
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    button.textContent = shown ? EYE.hide : EYE.show;
    button.setAttribute("aria-pressed", String(shown));
    input.focus();
  });
  const frame = document.createElement("div");
  frame.className = "accounts__password";
  input.replaceWith(frame);
  frame.append(input, button);
  // Browsers remember and offer passwords only from fields that hide them.
  input.form?.addEventListener("submit", () => {
    input.type = "password";
  });
}

for (const input of document.querySelectorAll("input[data-password]")) {
  const hadFocus = document.activeElement === input;
  addToggle(/** @type {HTMLInputElement} */ (input));
  if (hadFocus) /** @type {HTMLInputElement} */ (input).focus();
}
