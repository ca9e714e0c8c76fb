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

import { Topic } from "./realtime-topic.js";

/**
 * @typedef {{epoch: string, offset: number}} Position  a place in a topic's log
 * @typedef {{user: string, meta: Record<string, unknown>}} Member
 * @typedef {{count: number, members: Member[] | null}} Presence  no members above the server's limit
 * @typedef {"connecting" | "live" | "degraded" | "fallback" | "reconnecting" | "offline" | "stopped"} State
 *   `degraded`: the server's processes do not hear each other; `fallback`: server-sent events, without
 *   signals and presence; `stopped`: for good, until the page calls `open`
 * @typedef {object} Listener
 * @property {Position} [since]  what the page has already: read it before the rows that it shows
 * @property {boolean} [presence]  counts me in and tells who is there
 * @property {(data: any, position: Position) => void} [onMessage]
 * @property {(gap: {reason: string} & Position) => void} [onGap]  reload; what follows is newer
 * @property {(presence: Presence) => void} [onPresence]
 * @property {(data: any) => void} [onSignal]  what nobody keeps, hence without a position
 * @property {(status: {state: "live" | "waiting" | "ended", code?: string}) => void} [onStatus]
 * @typedef {object} Options
 * @property {string} url  of the socket
 * @property {string} [eventsUrl]  of the stream to fall back to
 * @property {string} [client]
 * @property {(status: {state: State, code?: number}) => void} [onStatus]
 * @property {typeof WebSocket} [WebSocket]
 * @property {typeof EventSource} [EventSource]
 * @property {() => number} [random]
 */

const PROTOCOL = "realtime.v1.json";
const HELLO_MS = 10_000;
const PROBE_MS = 3_000;
const RETRY_WINDOW_MS = 1_000; // until the server names its own
const RETRY_MAX_MS = 30_000;
const SOCKETS_BEFORE_STREAM = 3;
const STREAM_TOPICS = 16;
const STREAM_MS = 10_000; // then a socket is tried again, later each time up to
const STREAM_MAX_MS = 300_000;
const STREAM_EVENTS = ["welcome", "message", "gap", "unsubscribed", "status", "drain", "bye"];

/** @param {Options} options */
export function connect(options) {
  return new Connection(options);
}

class Connection {
  /** @type {Map<string, Topic>} */ #topics = new Map();
  /** @type {Map<number, (reply: any) => void>} */ #replies = new Map();
  /** @type {Record<string, any>} */ #timers = {};
  /** @type {any} */ #socket = null;
  /** @type {any} */ #stream = null;
  #server = { ping_ms: 20_000, pong_ms: 10_000, retry_window_ms: RETRY_WINDOW_MS };
  #state = "";
  #ready = false; // hello was answered, so commands may be sent
  #id = 0;
  #attempt = 0; // doubles the retry window
  #failures = 0; // sockets in a row that never got as far as hello
  #streams = 0; // doubles the time spent on a stream
  #after = 0; // the pause that the server asked for, in milliseconds
  #heard = 0;

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
    if (this.#ready) this.#send({ type: "signal", topic, data, key });
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

  #changed(tellSocket) {
    if (this.#ready) tellSocket();
    else if (this.#stream) {
      clearTimeout(this.#timers.reopen);
      this.#timers.reopen = setTimeout(() => this.#openStream());
    }
  }

  #open = () => {
    clearTimeout(this.#timers.retry);
    this.#after = 0;
    if (this.#failures >= SOCKETS_BEFORE_STREAM && this.EventSource) this.#openStream();
    else this.#openSocket();
  };

  #openSocket() {
    const socket = (this.#socket = new this.WebSocket(this.socketUrl.href, PROTOCOL));
    socket.onopen = () => socket === this.#socket && this.#hello();
    socket.onclose = (event) => socket === this.#socket && this.#closed(event.code);
    socket.onmessage = (event) => {
      this.#heard = Date.now();
      for (const line of event.data.split("\n")) {
        if (line && socket === this.#socket) this.#take(JSON.parse(line));
      }
    };
    this.#heard = Date.now();
    this.#watch(HELLO_MS);
  }

  #hello() {
    const asked = [...this.#topics.values()];
    const subscriptions = asked.map((entry) => entry.wish);
    this.#command({ type: "hello", client: this.options.client, subscriptions }, ({ result }) => {
      if (!result) return; // a bye and a close follow
      Object.assign(this.#server, result);
      this.#ready = true;
      this.#attempt = this.#failures = this.#streams = 0;
      this.#watch();
      this.#set("live");
      result.subscriptions.forEach((answer, place) => this.#admit(asked[place], answer));
      // What the page did while the hello was on its way.
      for (const entry of this.#topics.values()) if (!asked.includes(entry)) this.#ask(entry);
      for (const { name } of asked) {
        if (!this.#topics.has(name)) this.#command({ type: "unsubscribe", topic: name });
      }
    });
  }

  #ask(entry) {
    this.#command({ type: "subscribe", ...entry.wish }, ({ result, error }) =>
      this.#admit(entry, result ?? { error }),
    );
  }

  #command(command, onReply = (_reply) => {}) {
    const id = ++this.#id;
    this.#replies.set(id, onReply);
    this.#send({ ...command, id });
  }

  #send(frame) {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(frame));
  }

  #take(frame) {
    const entry = this.#topics.get(frame.topic);
    switch (frame.type) {
      case "message":
        return entry?.deliver(frame);
      case "ping":
        return this.#send({ type: "pong" });
      case "reply":
        this.#replies.get(frame.id)?.(frame);
        return this.#replies.delete(frame.id);
      case "presence":
        if (entry && !entry.diff(frame)) this.#askPresence(entry);
        return;
      case "gap":
        return entry?.gap(frame);
      case "unsubscribed":
        return entry && this.#refuse(entry, frame);
      case "status":
        return this.#set(frame.state === "degraded" ? "degraded" : this.#healthy());
      case "drain":
        return (this.#server.retry_window_ms = frame.window_ms || RETRY_WINDOW_MS);
      case "welcome":
        return this.#welcome(frame);
      case "bye":
        this.#after = frame.after_ms ?? 0;
        if (!frame.retry) this.#stop(frame.code);
    }
  }

  #admit(entry, answer) {
    if (this.#topics.get(entry?.name) !== entry) return;
    if (answer.error) this.#refuse(entry, answer.error);
    else entry.admit(answer);
  }

  #refuse(entry, { code, retry, after_ms = 0 }) {
    clearTimeout(entry.retry);
    if (retry) {
      const wait = after_ms + this.options.random() * this.#server.retry_window_ms;
      entry.retry = setTimeout(() => this.#ready && this.#ask(entry), wait);
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
    if (!this.#ready) this.#failures += 1;
    this.#hangUp();
    // Full jitter, the first time too: the clients of a restarted server come back spread out.
    const window = Math.min(RETRY_MAX_MS, this.#server.retry_window_ms * 2 ** this.#attempt++);
    this.#timers.retry = setTimeout(this.#open, this.#after + this.options.random() * window);
    this.#set(globalThis.navigator?.onLine === false ? "offline" : "reconnecting");
  }

  #stop(code) {
    this.#hangUp();
    this.#set("stopped", code);
  }

  #hangUp() {
    const ended = [this.#socket, this.#stream];
    this.#socket = this.#stream = null;
    this.#ready = false;
    this.#replies.clear();
    Object.values(this.#timers).forEach(clearTimeout);
    for (const one of ended) one?.close();
    for (const entry of this.#topics.values()) entry.tell("waiting");
  }

  // Silence longer than a ping and its answer: nobody is there, whatever the socket says.
  #watch(limit_ms = this.#server.ping_ms + this.#server.pong_ms) {
    clearTimeout(this.#timers.silence);
    const left = this.#heard + limit_ms - Date.now();
    if (left > 0) this.#timers.silence = setTimeout(() => this.#watch(limit_ms), left);
    else this.#closed(0);
  }

  // The network or the page woke up: ask, rather than wait for a timer to notice what happened.
  #check = () => {
    if (globalThis.document?.visibilityState === "hidden") return;
    if (this.#ready) {
      const asked = Date.now();
      this.#command({ type: "probe" }); // there is no such command, and the refusal is a sign of life
      clearTimeout(this.#timers.probe);
      this.#timers.probe = setTimeout(() => this.#heard < asked && this.#closed(0), PROBE_MS);
    } else if (!this.#socket && !this.#stream && this.#state !== "stopped") {
      this.#attempt = 0;
      clearTimeout(this.#timers.retry);
      this.#timers.retry = setTimeout(this.#open, this.options.random() * RETRY_WINDOW_MS);
    }
  };

  #healthy() {
    return this.#stream ? "fallback" : "live";
  }

  #set(state, code) {
    if (state === this.#state) return;
    this.#state = state;
    this.options.onStatus?.({ state, code });
  }

  // ---- the stream, for where something on the way lets no socket through

  #openStream() {
    this.#stream?.close();
    const url = new URL(this.streamUrl);
    for (const name of [...this.#topics.keys()].slice(0, STREAM_TOPICS)) {
      url.searchParams.append("topic", name);
    }
    const stream = (this.#stream = new this.EventSource(url.href));
    for (const type of STREAM_EVENTS) {
      stream.addEventListener(type, ({ data }) => {
        if (stream === this.#stream) this.#take({ ...JSON.parse(data), type });
      });
    }
    stream.onerror = () => {
      if (stream !== this.#stream) return;
      // After a welcome the browser comes back by itself, with its Last-Event-ID.
      if (stream.readyState === 2 || this.#state !== "fallback") this.#leaveStream();
      else this.#set("reconnecting");
    };
    const stay = Math.min(STREAM_MAX_MS, STREAM_MS * 2 ** this.#streams++);
    clearTimeout(this.#timers.upgrade);
    this.#timers.upgrade = setTimeout(() => this.#leaveStream(), stay);
  }

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
      this.#admit(entry, moved ? { ...answer, recovered: false, reason: "lost" } : answer);
    }
  }
}
