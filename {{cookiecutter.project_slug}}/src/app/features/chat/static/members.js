// The people of the room, by their ids, and the dialog that lists them.

import { Failure, call } from "./api.js";
import { showFace } from "./faces.js";
import { isolate } from "./isolate.js";

const RANK = { member: 1, moderator: 2, owner: 3 };
const ROLE = { member: "Member", moderator: "Moderator", owner: "Owner" };

/** @typedef {{user: {id: string, name: string}, role: "owner" | "moderator" | "member"}} Member */

export class Members {
  /** @param {{room: string, me: string}} options */
  constructor({ room, me }) {
    this.path = `/rooms/${room}/members`;
    this.me = me;
    this.dialog = document.getElementById("members");
    this.list = document.getElementById("member-list");
    this.error = document.getElementById("members-error");
    this.template = /** @type {HTMLTemplateElement} */ (document.getElementById("member-template"));
    /** @type {Map<string, Member>} */ this.byId = new Map();
    /** @type {Set<string> | null} */ this.here = null;
    for (const { dataset } of document.querySelectorAll("#member-data li")) {
      this.byId.set(dataset.user, { user: { id: dataset.user, name: dataset.name }, role: dataset.role });
    }
    this.dialog.addEventListener("opened", () => this.#show());
    this.#allow();
  }

  count() {
    return this.byId.size;
  }

  /** @param {string} user */
  nameOf(user) {
    return this.byId.get(user)?.user.name;
  }

  myRole() {
    return this.byId.get(this.me)?.role ?? "member";
  }

  /** @param {Set<string> | null} here */
  setHere(here) {
    this.here = here;
    this.#show();
  }

  async reload() {
    /** @type {Member[]} */ const found = [];
    for (let next = ""; next !== null; ) {
      const page = await call("GET", `${this.path}?${new URLSearchParams({ cursor: next })}`);
      found.push(...page.items);
      next = page.next;
    }
    this.byId = new Map(found.map((member) => [member.user.id, member]));
    this.#changed();
  }

  /** @param {Member} member */
  add(member) {
    this.byId.set(member.user.id, member);
    this.#changed();
  }

  /** @param {string} user */
  drop(user) {
    this.byId.delete(user);
    this.#changed();
  }

  /** @param {string} user @param {Member["role"]} role */
  setRole(user, role) {
    const member = this.byId.get(user);
    if (member) this.byId.set(user, { ...member, role });
    this.#changed();
  }

  #changed() {
    this.#show();
    this.#allow();
  }

  // Buttons for what the service would refuse anyway are not offered.
  #allow() {
    for (const one of document.querySelectorAll("[data-for]")) {
      one.hidden = !one.dataset.for.split(" ").includes(this.myRole());
    }
  }

  #show() {
    if (!this.dialog.open) return;
    const people = [...this.byId.values()].sort(
      (one, other) =>
        Number(this.#isHere(other)) - Number(this.#isHere(one)) ||
        RANK[other.role] - RANK[one.role] ||
        one.user.name.localeCompare(other.user.name),
    );
    this.list.replaceChildren(...people.map((member) => this.#row(member)));
  }

  #isHere(member) {
    return this.here?.has(member.user.id) ?? false;
  }

  #row(member) {
    const { user, role } = member;
    const row = /** @type {HTMLElement} */ (this.template.content.firstElementChild.cloneNode(true));
    row.classList.toggle("member--here", this.#isHere(member));
    showFace(row.querySelector(".avatar"), user.id, user.name);
    row.querySelector(".member__name").replaceChildren(isolate(user.name), user.id === this.me ? " (you)" : "");
    row.querySelector(".member__about").textContent = ROLE[role] + (this.#isHere(member) ? ", here now" : "");
    const select = /** @type {HTMLSelectElement} */ (row.querySelector("select"));
    select.value = role;
    select.hidden = this.myRole() !== "owner" || user.id === this.me;
    select.setAttribute("aria-label", `Role of ${user.name}`);
    select.addEventListener("change", () => this.#act("PATCH", user.id, { role: select.value }));
    const remove = row.querySelector("button");
    remove.hidden = RANK[this.myRole()] < RANK.moderator || RANK[this.myRole()] <= RANK[role];
    remove.setAttribute("aria-label", `Remove ${user.name}`);
    remove.addEventListener("click", () => this.#act("DELETE", user.id));
    return row;
  }

  async #act(method, user, body) {
    this.error.textContent = "";
    try {
      await call(method, `${this.path}/${user}`, body);
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      this.error.textContent = failure.message;
      this.#show();
    }
  }
}
