// One topic of a page: what it has seen, who is there. No timers and no network.

export class Topic {
  retry = 0;
  version = 0;
  members = null; // by their user, or null where only the count is known

  /** @param {string} name @param {import("./realtime-types.js").Listener} listener */
  constructor(name, listener) {
    this.name = name;
    this.listener = listener;
    this.since = listener.since;
  }

  /** What is asked of the server: it resumes after `since`. */
  get wish() {
    return { topic: this.name, since: this.since, presence: this.listener.presence };
  }

  /** Takes the answer to a subscription: its history first, so that order holds. */
  admit({ epoch, offset, recovered, reason, messages = [], presence }) {
    if (recovered === false) this.gap({ reason, epoch, offset });
    else if (this.since?.epoch !== epoch) {
      this.since = { epoch, offset: messages.length ? messages[0].offset - 1 : offset };
    }
    for (const message of messages) this.deliver(message);
    if (presence) this.snapshot(presence);
    this.tell("live");
  }

  /** Hands a message on, unless the page has it already. */
  deliver({ offset, data }) {
    if (offset === undefined) return this.#call("onSignal", data);
    if (!this.since || offset <= this.since.offset) return;
    this.since = { epoch: this.since.epoch, offset };
    this.#call("onMessage", data, this.since);
  }

  /** Tells what cannot be told any more, and goes on from there. */
  gap({ reason, epoch, offset }) {
    this.since = { epoch, offset };
    this.#call("onGap", { reason, epoch, offset });
  }

  /** Takes who is there; above the server's limit only `count` is known. */
  snapshot({ version, members, count }) {
    this.version = version;
    this.members = members ? new Map(members.map((member) => [member.user, member])) : null;
    this.#present(count);
  }

  /** Takes one step of presence; false when a step before it is missing, so a snapshot is due. */
  diff({ version, joined, left, count }) {
    if (version <= this.version) return true;
    if (version > this.version + 1 || (!this.members && count === undefined)) return false;
    this.version = version;
    if (count !== undefined) this.members = null;
    for (const { user } of left) this.members?.delete(user);
    for (const member of joined) this.members?.set(member.user, member);
    this.#present(count);
    return true;
  }

  /** @param {"live" | "waiting" | "ended"} state @param {string} [code] */
  tell(state, code) {
    this.#call("onStatus", { state, code });
  }

  #present(count) {
    const members = this.members ? [...this.members.values()] : null;
    this.#call("onPresence", { count: count ?? members?.length ?? 0, members });
  }

  // A listener that throws must not keep the others from what came in the same frame.
  #call(name, ...values) {
    try {
      this.listener[name]?.(...values);
    } catch (error) {
      (globalThis.reportError ?? console.error)(error);
    }
  }
}
