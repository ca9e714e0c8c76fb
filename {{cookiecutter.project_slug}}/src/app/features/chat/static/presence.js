// Who is here now: faces in the bar of the room, a dot beside each member in the list of members.

import { showFace } from "./faces.js";

const FACES = 4;

export class Here {
  /** @param {{me: string, members: import("./members.js").Members}} options */
  constructor({ me, members }) {
    this.me = me;
    this.members = members;
    this.button = document.getElementById("people");
    this.faces = this.button.querySelector(".people__avatars");
    this.dot = document.getElementById("people-dot");
    this.text = document.getElementById("people-count");
    this.unknown();
  }

  /** Without a live connection nobody can say who is here. */
  unknown() {
    this.faces.replaceChildren();
    this.dot.className = "dot";
    this.members.setHere(null);
    this.#say(`${this.members.count()} ${this.members.count() === 1 ? "member" : "members"}`);
  }

  /** @param {import("/static/web/realtime-types.js").Presence} presence */
  show({ count, members }) {
    const others = (members ?? []).filter(({ user }) => user !== this.me);
    this.faces.replaceChildren(...others.slice(0, FACES).map(face));
    this.dot.className = "dot dot--good";
    this.members.setHere(members && new Set(members.map(({ user }) => user)));
    this.#say(`${count} here`, names(others));
  }

  #say(text, more = "") {
    this.text.textContent = text;
    this.button.setAttribute("aria-label", `${text}${more}. Show the members`);
    this.button.title = `${text}${more}`;
  }
}

function names(others) {
  if (!others.length) return "";
  return `: you and ${new Intl.ListFormat("en").format(others.map(({ meta }) => String(meta.name)))}`;
}

function face({ user, meta }) {
  const avatar = document.createElement("span");
  avatar.className = "avatar";
  showFace(avatar, user, String(meta.name ?? ""));
  return avatar;
}
