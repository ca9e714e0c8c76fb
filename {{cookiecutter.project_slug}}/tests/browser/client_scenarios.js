// Scenarios of the browser's realtime client against a socket made of paper: each returns what the
// page was told and what it should have been. `test_client.py` runs them in Chromium.

import { connect } from "/static/web/realtime.js";

const TOPIC = "news:7";
const FACTS = { ping_ms: 20_000, pong_ms: 10_000, retry_window_ms: 40 };

/** A socket that a scenario plays the server of. */
class PaperSocket {
  static all = [];
  readyState = 0;
  sent = [];
  constructor(url, protocol) {
    Object.assign(this, { url, protocol });
    PaperSocket.all.push(this);
  }
  static get last() {
    return PaperSocket.all.at(-1);
  }
  send(text) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.readyState = 3;
  }
  accept() {
    this.readyState = 1;
    this.onopen();
    return this.sent.at(-1);
  }
  push(...frames) {
    this.onmessage({ data: frames.map((frame) => JSON.stringify(frame)).join("\n") });
  }
  cut(code) {
    this.readyState = 3;
    this.onclose({ code });
  }
}

class PaperStream {
  static last = null;
  readyState = 1;
  listeners = {};
  constructor(url) {
    this.url = url;
    PaperStream.last = this;
  }
  addEventListener(type, listen) {
    this.listeners[type] = listen;
  }
  close() {
    this.readyState = 2;
  }
  event(type, data) {
    this.listeners[type]({ data: JSON.stringify(data) });
  }
}

async function until(condition, what = "the condition") {
  for (let tries = 0; tries < 400; tries += 1) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`waited in vain for ${what}`);
}

/** Begins a connection with one topic whose listener writes everything down. */
async function begin(listener = {}, options = {}) {
  PaperSocket.all = [];
  const told = [];
  const note = (name) => (value) => told.push([name, value]);
  const live = connect({
    url: "http://paper.test/realtime/socket",
    WebSocket: PaperSocket,
    EventSource: PaperStream,
    random: () => 0,
    onStatus: ({ state, code }) => told.push(code ? [state, code] : [state]),
    ...options,
  });
  const room = live.subscribe(TOPIC, {
    onMessage: note("message"),
    onGap: ({ reason }) => told.push(["gap", reason]),
    onSignal: note("signal"),
    onPresence: ({ count, members }) => told.push(["here", members?.map(({ user }) => user) ?? count]),
    ...listener,
  });
  await until(() => PaperSocket.all.length, "a socket");
  return { live, room, told };
}

function hello(socket, answers, facts = {}) {
  const { id } = socket.accept();
  socket.push({ type: "reply", id, result: { ...FACTS, ...facts, subscriptions: answers } });
}

const at = (offset, more = {}) => ({ topic: TOPIC, epoch: "e1", offset, messages: [], ...more });
const message = (offset, data = offset) => ({ type: "message", topic: TOPIC, offset, data });
const only = (told, name) => told.filter(([one]) => one === name).map(([, value]) => value);

export const scenarios = {
  async "the first frame is a hello with every topic and its position"() {
    await begin({ since: { epoch: "e1", offset: 41 }, presence: true });
    const { type, subscriptions } = PaperSocket.last.accept();
    const protocol = PaperSocket.last.protocol;
    const expected = [{ topic: TOPIC, since: { epoch: "e1", offset: 41 }, presence: true }];
    return [[protocol, type, subscriptions], ["realtime.v1.json", "hello", expected]];
  },

  async "history, then what is live, each exactly once and in order"() {
    const { told } = await begin({ since: { epoch: "e1", offset: 1 } });
    hello(PaperSocket.last, [
      at(3, { recovered: true, messages: [{ offset: 2, data: 2 }, { offset: 3, data: 3 }] }),
    ]);
    PaperSocket.last.push(message(3), message(4), message(4), message(5));
    return [only(told, "message"), [2, 3, 4, 5]];
  },

  async "after a cut it resumes from the last message that it handed on"() {
    const { told } = await begin();
    hello(PaperSocket.last, [at(10)]);
    PaperSocket.last.push(message(11));
    PaperSocket.last.cut(1006);
    await until(() => PaperSocket.all.length === 2);
    const { id, subscriptions } = PaperSocket.last.accept();
    const again = at(12, { recovered: true, messages: [{ offset: 12, data: 12 }] });
    PaperSocket.last.push({ type: "reply", id, result: { ...FACTS, subscriptions: [again] } });
    return [
      [subscriptions[0].since, only(told, "message")],
      [{ epoch: "e1", offset: 11 }, [11, 12]],
    ];
  },

  async "a gap is told before anything newer, and counting goes on from there"() {
    const { told } = await begin({ since: { epoch: "old", offset: 900 } });
    hello(PaperSocket.last, [at(4, { recovered: false, reason: "epoch" })]);
    PaperSocket.last.push(message(5), { type: "gap", topic: TOPIC, reason: "lost", epoch: "e2", offset: 1 });
    PaperSocket.last.push(message(2));
    const heard = told.filter(([name]) => name === "gap" || name === "message");
    return [heard, [["gap", "epoch"], ["message", 5], ["gap", "lost"], ["message", 2]]];
  },

  async "a listener that throws does not keep the next line from the others"() {
    globalThis.reportError = () => {};
    const seen = [];
    await begin({
      onMessage: (data) => {
        seen.push(data);
        throw new Error("the page has a bug");
      },
    });
    hello(PaperSocket.last, [at(0)]);
    PaperSocket.last.push(message(1), message(2));
    return [seen, [1, 2]];
  },

  async "a ping is answered"() {
    await begin();
    hello(PaperSocket.last, [at(0)]);
    PaperSocket.last.push({ type: "ping" });
    return [PaperSocket.last.sent.at(-1), { type: "pong" }];
  },

  async "a server that falls silent is left"() {
    const { told } = await begin();
    hello(PaperSocket.last, [at(0)], { ping_ms: 30, pong_ms: 20 });
    await until(() => PaperSocket.all.length === 2, "another socket");
    return [told.at(-1), ["reconnecting"]];
  },

  async "a code of 44xx ends it, and nothing is tried again"() {
    const { told } = await begin();
    hello(PaperSocket.last, [at(0)]);
    PaperSocket.last.push({ type: "bye", code: 4401, reason: "expired", retry: false });
    await new Promise((resolve) => setTimeout(resolve, 100));
    return [[told.at(-1), PaperSocket.all.length], [["stopped", 4401], 1]];
  },

  async "every other code is tried again, within the window that the server named"() {
    let asked = 0;
    const { told } = await begin({}, { random: () => (asked += 1) && 0 });
    hello(PaperSocket.last, [at(0)]);
    for (const code of [1006, 1011, 1012, 4503, 4508]) {
      const before = PaperSocket.all.length;
      PaperSocket.last.cut(code);
      await until(() => PaperSocket.all.length > before, `a socket after ${code}`);
      hello(PaperSocket.last, [at(0, { recovered: true })]);
    }
    return [[asked, told.at(-1)], [5, ["live"]]];
  },

  async "signals come without a position and leave with their key"() {
    const { told, room } = await begin();
    hello(PaperSocket.last, [at(0)]);
    PaperSocket.last.push({ type: "message", topic: TOPIC, data: { on: true } });
    room.signal({ on: true }, "typing");
    const sent = { type: "signal", topic: TOPIC, data: { on: true }, key: "typing" };
    return [[only(told, "signal"), PaperSocket.last.sent.at(-1)], [[{ on: true }], sent]];
  },

  async "presence follows its versions, and asks when one is missing"() {
    const { told } = await begin({ presence: true });
    const ada = { user: "ada", meta: {} };
    const bo = { user: "bo", meta: {} };
    hello(PaperSocket.last, [at(0, { presence: { version: 5, members: [ada] } })]);
    const step = (version, joined, left) => ({ type: "presence", topic: TOPIC, version, joined, left });
    PaperSocket.last.push(step(5, [bo], []), step(6, [bo], []), step(7, [], [bo]));
    PaperSocket.last.push(step(9, [bo], []));
    const { type, id } = PaperSocket.last.sent.at(-1);
    PaperSocket.last.push({ type: "reply", id, result: { version: 9, count: 300 } });
    return [[only(told, "here"), type], [[["ada"], ["ada", "bo"], ["ada"], 300], "presence"]];
  },

  async "a refused topic ends, one that may be tried again is"() {
    const states = [];
    const { live } = await begin({ onStatus: ({ state, code }) => states.push([state, code]) });
    hello(PaperSocket.last, [{ topic: TOPIC, error: { code: "unavailable", retry: true } }]);
    await until(() => PaperSocket.last.sent.at(-1).type === "subscribe", "another try");
    const { id } = PaperSocket.last.sent.at(-1);
    PaperSocket.last.push({ type: "reply", id, error: { code: "forbidden", retry: false } });
    live.close();
    return [states, [["waiting", "unavailable"], ["ended", "forbidden"]]];
  },

  async "what is subscribed while hello is on its way is asked for afterwards"() {
    const { live } = await begin();
    const { id } = PaperSocket.last.accept();
    live.subscribe("news:8", {});
    live.unsubscribe(TOPIC);
    PaperSocket.last.push({ type: "reply", id, result: { ...FACTS, subscriptions: [at(0)] } });
    const sent = PaperSocket.last.sent.slice(1).map(({ type, topic }) => [type, topic]);
    return [sent, [["subscribe", "news:8"], ["unsubscribe", TOPIC]]];
  },

  async "where no socket gets through, a stream takes over and a difference is a gap"() {
    const { told } = await begin({ since: { epoch: "e1", offset: 3 } });
    for (let tries = 1; tries <= 3; tries += 1) {
      await until(() => PaperSocket.all.length === tries, `socket ${tries}`);
      PaperStream.last = null;
      PaperSocket.last.cut(1006);
    }
    await until(() => PaperStream.last, "a stream");
    const stream = PaperStream.last;
    stream.event("welcome", { ...FACTS, subscriptions: [at(5)] });
    stream.event("message", message(6));
    const heard = told.filter(([name]) => ["gap", "message", "fallback"].includes(name));
    return [
      [new URL(stream.url).search, heard],
      ["?topic=news%3A7", [["fallback"], ["gap", "lost"], ["message", 6]]],
    ];
  },
};
