// What people wrote, within a sentence: it reads by its own direction, and turns nothing beside it.

/** @param {string} text */
export function isolate(text) {
  const made = document.createElement("bdi");
  made.textContent = text;
  return made;
}
