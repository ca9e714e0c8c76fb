// Who of the devices on the screen is connected: one topic for each row that can be seen, no more.

const SETTLE_MS = 200; // while somebody scrolls past, nothing is asked for
const MOST = 100; // of the 128 topics of a connection

export class LiveStatus {
  /** @param {any} live @param {(row: HTMLElement, isOnline: boolean) => void} show */
  constructor(live, show) {
    Object.assign(this, { live, show });
    /** @type {Map<string, HTMLElement>} */ this.heard = new Map();
    /** @type {Set<HTMLElement>} */ this.visible = new Set();
    this.observer = new IntersectionObserver((entries) => this.#moved(entries));
  }

  /** @param {HTMLElement} row */
  watch(row) {
    this.observer.observe(row);
  }

  /** Forgets every row: others take their places. */
  clear() {
    this.observer.disconnect();
    this.visible.clear();
    this.#listen();
  }

  #moved(entries) {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) this.visible.add(target);
      else this.visible.delete(target);
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#listen(), SETTLE_MS);
  }

  #listen() {
    const wanted = new Map([...this.visible].slice(0, MOST).map((row) => [row.dataset.device, row]));
    for (const device of this.heard.keys()) {
      if (!wanted.has(device)) {
        this.heard.delete(device);
        this.live.unsubscribe(`orders:${device}`);
      }
    }
    for (const [device, row] of wanted) {
      const isNew = !this.heard.has(device);
      this.heard.set(device, row);
      if (isNew) this.#hear(device);
    }
  }

  #hear(device) {
    this.live.subscribe(`orders:${device}`, {
      presence: true,
      onPresence: ({ members }) => {
        const row = this.heard.get(device);
        // Pages that look are counted, too: the device is the member with its own id.
        if (row && members) this.show(row, members.some((member) => member.user === device));
      },
    });
  }
}
