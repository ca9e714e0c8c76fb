// The browser's half of the realtime core: one connection, many topics, nothing lost, nothing twice.
//
//   const live = connect({ url: "/realtime/socket" });
//   const room = live.subscribe("news:7", { since, presence: true, onMessage, onGap });
//   room.signal({ typing: true }, "typing");
//   room.unsubscribe();
//
// A message with an offset reaches `onMessage` exactly once in the life of the page, in order; where
// that cannot be kept, `onGap` comes first and the page reloads what it shows. The whole contract is
// in docs/client.md. A plain module without dependencies; tests pass sockets and chance of their own.

import { Socket } from "./realtime-socket.js";
import { Stream } from "./realtime-stream.js";
import { Topic } from "./realtime-topic.js";

/**
 * @typedef {import("./realtime-types.js").Listener} Listener
 * @typedef {import("./realtime-types.js").Options} Options
 * @typedef {import("./realtime-types.js").State} State
 */

const RETRY_WINDOW_MS = 1_000; // until the server names its own
const RETRY_MAX_MS = 30_000;
const SOCKETS_BEFORE_STREAM = 3;
const STREAM_TOPICS = 16;
const STREAM_MS = 10_000; // then a socket is tried again, later each time up to
const STREAM_MAX_MS = 300_000;

/** @param {Options} options */
export function connect(options) {
  return new Connection(options);
}

class Connection {
  /** @type {Map<string, Topic>} */ #topics = new Map();
  /** @type {Record<string, any>} */ #timers = {};
  /** @type {Socket | Stream | null} */ #link = null;
  #state = "";
  #retryWindow = RETRY_WINDOW_MS;
  #attempt = 0; // doubles the retry window
  #failures = 0; // sockets in a row that never got as far as hello
  #streams = 0; // doubles the time spent on a stream
  #after = 0; // the pause that the server asked for, in milliseconds

  /** @param {Options} options */
  constructor(options) {
    const page = globalThis.location?.href;
    this.options = { client: "web/1", random: Math.random, ...options };
    this.WebSocket = options.WebSocket ?? globalThis.WebSocket;
    this.EventSource = options.EventSource ?? globalThis.EventSource;
    this.socketUrl = new URL(options.url, page);
    this.socketUrl.protocol = this.socketUrl.protocol.replace("http", "ws");
    this.streamUrl = new URL(options.eventsUrl ?? "/realtime/events", page ?? options.url);
    globalThis.addEventListener?.("online", this.#check);
    globalThis.addEventListener?.("offline", this.#check);
    globalThis.document?.addEventListener("visibilitychange", this.#check);
    this.#set("connecting");
    queueMicrotask(this.#open); // after the caller's first subscribe calls: they travel in the hello
  }

  /** @returns {State} */
  get state() {
    return /** @type {State} */ (this.#state);
  }

  /**
   * Listens to a topic. There is one listener a topic: a second call replaces the first.
   * @param {string} topic
   * @param {Listener} listener
   */
  subscribe(topic, listener) {
    const entry = new Topic(topic, listener);
    clearTimeout(this.#topics.get(topic)?.retry);
    this.#topics.set(topic, entry);
    this.#changed(() => this.#ask(entry));
    return {
      topic,
      signal: (data, key) => this.signal(topic, data, key),
      unsubscribe: () => this.#topics.get(topic) === entry && this.unsubscribe(topic),
      get position() {
        return entry.since;
      },
    };
  }

  /** @param {string} topic */
  unsubscribe(topic) {
    clearTimeout(this.#topics.get(topic)?.retry);
    if (this.#topics.delete(topic)) this.#changed(() => this.#command({ type: "unsubscribe", topic }));
  }

  /**
   * Tells the others on a topic something that nobody keeps; of one `key` the newest is enough.
   * Without a socket it is dropped.
   * @param {string} topic @param {unknown} data @param {string} [key]
   */
  signal(topic, data, key) {
    if (this.#link?.isReady) this.#link.send({ type: "signal", topic, data, key });
  }

  /** Ends the connection until `open`. */
  close() {
    this.#stop();
  }

  /** Begins anew after `stopped`, when somebody has signed in again, say. */
  open() {
    if (this.#state !== "stopped") return;
    this.#attempt = 0;
    this.#set("connecting");
    this.#open();
  }

  #open = () => {
    this.#after = 0;
    if (this.#failures >= SOCKETS_BEFORE_STREAM && this.EventSource) return this.#openStream();
    let asked = [];
    this.#link = new Socket(this.socketUrl.href, {
      WebSocket: this.WebSocket,
      hello: () => {
        asked = [...this.#topics.values()];
        const subscriptions = asked.map((entry) => entry.wish);
        return { type: "hello", client: this.options.client, subscriptions };
      },
      onReady: (result) => this.#begin(asked, result),
      onFrame: (frame) => this.#take(frame),
      onClosed: (code) => this.#closed(code),
    });
  };

  #begin(asked, { retry_window_ms, subscriptions }) {
    this.#retryWindow = retry_window_ms;
    this.#attempt = this.#failures = this.#streams = 0;
    this.#set("live");
    subscriptions.forEach((answer, place) => this.#admit(asked[place], answer));
    // What the page did while the hello was on its way.
    for (const entry of this.#topics.values()) if (!asked.includes(entry)) this.#ask(entry);
    for (const { name } of asked) {
      if (!this.#topics.has(name)) this.#command({ type: "unsubscribe", topic: name });
    }
  }

  #openStream = () => {
    this.#link?.close();
    this.#link = new Stream(this.streamUrl.href, {
      EventSource: this.EventSource,
      topics: [...this.#topics.keys()].slice(0, STREAM_TOPICS),
      onFrame: (frame) => this.#take(frame),
      onPause: () => this.#set("reconnecting"),
      onClosed: () => this.#leaveStream(),
    });
    const stay = Math.min(STREAM_MAX_MS, STREAM_MS * 2 ** this.#streams++);
    clearTimeout(this.#timers.upgrade);
    this.#timers.upgrade = setTimeout(() => this.#leaveStream(), stay);
  };

  #leaveStream() {
    this.#failures = SOCKETS_BEFORE_STREAM - 2; // one socket is tried, then it is the stream's turn
    this.#closed(0);
  }

  #welcome({ subscriptions }) {
    this.#attempt = 0;
    this.#set("fallback");
    for (const answer of subscriptions) {
      const entry = this.#topics.get(answer.topic);
      const since = entry?.since;
      // A cursor resumes a stream only: what a socket saw last is compared, and a difference told.
      const moved = since && (since.epoch !== answer.epoch || since.offset < answer.offset);
      this.#admit(entry, moved ? { reason: "lost", ...answer, recovered: false } : answer);
    }
  }

  #changed(tellSocket) {
    if (this.#link?.isReady) tellSocket();
    else if (this.#link instanceof Stream) {
      clearTimeout(this.#timers.reopen); // one stream for all changes of this turn
      this.#timers.reopen = setTimeout(this.#openStream);
    }
  }

  #ask(entry) {
    this.#command({ type: "subscribe", ...entry.wish }, ({ result, error }) =>
      this.#admit(entry, result ?? { error }),
    );
  }

  #command(command, onReply) {
    if (this.#link?.isReady) this.#link.command(command, onReply);
  }

  #take(frame) {
    const entry = this.#topics.get(frame.topic);
    switch (frame.type) {
      case "message":
        return entry?.deliver(frame);
      case "presence":
        return entry && !entry.diff(frame) && this.#askPresence(entry);
      case "gap":
        return entry?.gap(frame);
      case "unsubscribed":
        return entry && this.#refuse(entry, frame);
      case "status":
        return this.#set(frame.state === "degraded" ? "degraded" : this.#healthy());
      case "drain":
        return (this.#retryWindow = frame.window_ms || RETRY_WINDOW_MS);
      case "welcome":
        return this.#welcome(frame);
      case "bye":
        this.#after = frame.after_ms ?? 0;
        if (!frame.retry) this.#stop(frame.code);
    }
  }

  #admit(entry, answer) {
    if (!entry || this.#topics.get(entry.name) !== entry) return;
    if (answer.error) this.#refuse(entry, answer.error);
    else entry.admit(answer);
  }

  #refuse(entry, { code, retry, after_ms = 0 }) {
    clearTimeout(entry.retry);
    if (retry) {
      const wait = after_ms + this.options.random() * this.#retryWindow;
      entry.retry = setTimeout(() => this.#ask(entry), wait);
    } else this.#topics.delete(entry.name);
    entry.tell(retry ? "waiting" : "ended", code);
  }

  #askPresence(entry) {
    this.#command({ type: "presence", topic: entry.name }, ({ result }) => {
      if (result) entry.snapshot(result);
    });
  }

  // The one rule of close codes: 44xx stops, everything else is tried again.
  #closed(code) {
    if (code >= 4400 && code < 4500) return this.#stop(code);
    if (this.#state !== "live" && this.#state !== "degraded") this.#failures += 1;
    this.#hangUp();
    // Full jitter, the first time too: the clients of a restarted server come back spread out.
    const window = Math.min(RETRY_MAX_MS, this.#retryWindow * 2 ** this.#attempt++);
    this.#timers.retry = setTimeout(this.#open, this.#after + this.options.random() * window);
    this.#set(globalThis.navigator?.onLine === false ? "offline" : "reconnecting");
  }

  #stop(code) {
    this.#hangUp();
    this.#set("stopped", code);
  }

  #hangUp() {
    this.#link?.close();
    this.#link = null;
    Object.values(this.#timers).forEach(clearTimeout);
    for (const entry of this.#topics.values()) {
      clearTimeout(entry.retry);
      entry.tell("waiting");
    }
  }

  // The network or the page woke up: ask, rather than wait for a timer to notice what happened.
  #check = () => {
    if (globalThis.document?.visibilityState === "hidden" || this.#state === "stopped") return;
    if (this.#link?.isReady) this.#link.probe();
    else if (!this.#link) {
      this.#attempt = 0;
      clearTimeout(this.#timers.retry);
      this.#timers.retry = setTimeout(this.#open, this.options.random() * RETRY_WINDOW_MS);
    }
  };

  #healthy() {
    return this.#link?.isReady ? "live" : "fallback";
  }

  #set(state, code) {
    if (state === this.#state) return;
    this.#state = state;
    this.options.onStatus?.({ state, code });
  }
}
