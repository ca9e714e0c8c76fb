// A face: the first letter of a name, in a tint that stays with the person.

const TINTS = 6;

/** @param {HTMLElement} avatar @param {string} user @param {string} name */
export function showFace(avatar, user, name) {
  avatar.textContent = [...name][0] ?? "?";
  avatar.dataset.tint = String(parseInt(user.slice(0, 8), 16) % TINTS);
}
