// The topics of one page: asking for them, and giving each what is its own.

import { Topic } from "./realtime-topic.js";

export class Subscriptions {
  #topics = new Map();
  #link = null; // a socket, once hello was answered

  /** @param {(after_ms?: number) => number} pause  until a topic is asked again */
  constructor(pause) {
    this.pause = pause;
  }

  get all() {
    return [...this.#topics.values()];
  }

  /** @param {string} name @param {import("./realtime-types.js").Listener} listener */
  add(name, listener) {
    const topic = new Topic(name, listener);
    clearTimeout(this.#topics.get(name)?.retry);
    this.#topics.set(name, topic);
    this.#ask(topic);
    return topic;
  }

  /** @param {string} name */
  remove(name) {
    clearTimeout(this.#topics.get(name)?.retry);
    if (this.#topics.delete(name)) this.#link?.command({ type: "unsubscribe", topic: name });
  }

  /** @param {Topic} topic  false when it was replaced, or left */
  has(topic) {
    return this.#topics.get(topic?.name) === topic;
  }

  /** Takes the answers to a hello, then asks for what the page changed while it was on its way. */
  begin(link, asked, answers) {
    this.#link = link;
    const left = asked.filter(({ name }) => !this.#topics.has(name));
    answers.forEach((answer, place) => this.#admit(asked[place], answer));
    for (const topic of this.all) if (!asked.includes(topic)) this.#ask(topic);
    for (const { name } of left) link.command({ type: "unsubscribe", topic: name });
  }

  /** Takes the first event of a stream. */
  welcome(answers) {
    for (const answer of answers) {
      const topic = this.#topics.get(answer.topic);
      const since = topic?.since;
      // A cursor resumes a stream only: what a socket saw last is compared, and a difference told.
      const moved = since && (since.epoch !== answer.epoch || since.offset < answer.offset);
      this.#admit(topic, moved ? { reason: "lost", ...answer, recovered: false } : answer);
    }
  }

  /** Takes a push; one for a topic that the page has left is dropped. */
  take(frame) {
    const topic = this.#topics.get(frame.topic);
    if (!topic) return;
    if (frame.type === "message") topic.deliver(frame);
    if (frame.type === "gap") topic.gap(frame);
    if (frame.type === "unsubscribed") this.#refuse(topic, frame);
    if (frame.type === "presence" && !topic.diff(frame)) {
      this.#link?.command({ type: "presence", topic: topic.name }, ({ result }) => {
        if (result) topic.snapshot(result);
      });
    }
  }

  /** The connection is gone. */
  leave() {
    this.#link = null;
    for (const topic of this.all) {
      clearTimeout(topic.retry);
      topic.tell("waiting");
    }
  }

  #ask(topic) {
    this.#link?.command({ type: "subscribe", ...topic.wish }, ({ result, error }) =>
      this.#admit(topic, result ?? { error }),
    );
  }

  #admit(topic, answer) {
    if (!topic || !this.has(topic)) return;
    if (answer.error) this.#refuse(topic, answer.error);
    else topic.admit(answer);
  }

  #refuse(topic, { code, retry, after_ms }) {
    clearTimeout(topic.retry);
    if (retry) topic.retry = setTimeout(() => this.#ask(topic), this.pause(after_ms));
    else this.#topics.delete(topic.name);
    topic.tell(retry ? "waiting" : "ended", code);
  }
}
