// Server-sent events, for where something on the way lets no socket through: the same pushes, but
// nothing can be said in the other direction.

const EVENTS = ["welcome", "message", "gap", "unsubscribed", "status", "drain", "bye"];

export class Stream {
  isReady = false; // for commands, that is never

  /** @param {string} url @param {import("./realtime-types.js").StreamOptions} options */
  constructor(url, { EventSource, topics, onFrame, onPause, onClosed }) {
    const address = new URL(url);
    for (const topic of topics) address.searchParams.append("topic", topic);
    const stream = (this.stream = new EventSource(address.href));
    let welcomed = false;
    for (const type of EVENTS) {
      stream.addEventListener(type, ({ data }) => {
        welcomed = true;
        if (this.stream) onFrame({ ...JSON.parse(data), type });
      });
    }
    stream.onerror = () => {
      if (!this.stream) return;
      // After a welcome the browser comes back by itself, with its Last-Event-ID: once.
      if (welcomed && stream.readyState !== 2) {
        welcomed = false;
        onPause();
      } else {
        this.close();
        onClosed(0);
      }
    };
  }

  /** Hangs up; nothing is told from now on. */
  close() {
    this.stream?.close();
    this.stream = null;
  }
}
