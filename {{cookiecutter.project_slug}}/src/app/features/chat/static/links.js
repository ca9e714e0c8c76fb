// Addresses in a text become links, through text nodes only: nothing that people write is ever markup.

const ADDRESS = /https?:\/\/[^\s<>"'`]+/giu;
const TRAILING = /[.,;:!?…)\]}»”]+$/u; // of the sentence around it, rather than of the address

/** @param {Element} element @param {string} text */
export function showText(element, text) {
  const parts = [];
  let end = 0;
  for (const found of text.matchAll(ADDRESS)) {
    const address = trim(found[0]);
    if (!URL.canParse(address)) continue;
    parts.push(text.slice(end, found.index), link(address));
    end = found.index + address.length;
  }
  element.replaceChildren(...parts, text.slice(end));
}

function trim(address) {
  const tail = address.match(TRAILING)?.[0] ?? "";
  const bare = address.slice(0, address.length - tail.length);
  // A bracket that opens inside the address closes inside it: https://en.wikipedia.org/wiki/Quart_(unit)
  return tail.startsWith(")") && bare.includes("(") ? `${bare})` : bare;
}

function link(address) {
  const anchor = document.createElement("a");
  anchor.href = address;
  anchor.textContent = address;
  anchor.target = "_blank";
  anchor.rel = "noopener noreferrer nofollow ugc";
  return anchor;
}
