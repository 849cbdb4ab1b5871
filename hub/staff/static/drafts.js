// What was begun and not sent: kept in memory and on the hub, a thread and a kind (reply, note) each. Never on this
// machine, for a desk's computer has many users; never carried into another thread.

import { debounced } from "./dom.js";

const WAIT = 500;

export function makeDrafts(app) {
  const kept = new Map();
  const saving = new Map();
  const key = (thread, kind) => `${thread} ${kind}`;

  const send = async (name, { keepalive = false } = {}) => {
    const one = kept.get(name);
    if (!one || !one.dirty) {
      return;
    }
    // One at a time for each draft, so that an older one never overtakes a newer.
    if (saving.has(name) && !keepalive) {
      await saving.get(name);
      return send(name);
    }
    one.dirty = false;
    const body = { kind: one.kind, text: one.text, channel: one.channel };
    const going = app.api.draft(one.thread, body, { keepalive }).then(
      () => tell(one, "saved"),
      (error) => {
        one.dirty = true;
        tell(one, "unsaved");
        if (!error.status) {
          setTimeout(() => send(name), 5000);
        }
      },
    );
    saving.set(name, going);
    await going;
    saving.delete(name);
  };
  const tell = (one, state) => {
    one.state = one.dirty ? "unsaved" : state;
    app.store.emit("draft", one);
  };
  const flush = (options) => {
    later.cancel();
    for (const name of kept.keys()) {
      send(name, options);
    }
  };
  const later = debounced(() => flush(), WAIT);
  document.addEventListener("visibilitychange", () => document.hidden && flush({ keepalive: true }));
  addEventListener("pagehide", () => flush({ keepalive: true }));

  return {
    get: (thread, kind) => kept.get(key(thread, kind)),
    // What the hub had of the thread, unless more was typed here since.
    took(opened) {
      const thread = opened.row.id;
      for (const kind of ["reply", "note"]) {
        const name = key(thread, kind);
        const mine = kept.get(name);
        if (mine?.dirty || saving.has(name) || mine?.held) {
          continue;
        }
        const theirs = opened.drafts.find((one) => one.kind === kind);
        kept.set(name, { thread, kind, text: theirs?.text ?? "", channel: theirs?.channel ?? mine?.channel ?? null, mentions: mine?.mentions ?? [], files: mine?.files ?? [], dirty: false });
      }
    },
    put(thread, kind, values) {
      const name = key(thread, kind);
      const one = kept.get(name) ?? { thread, kind, text: "", channel: null, mentions: [], files: [], dirty: false };
      kept.set(name, Object.assign(one, values, { dirty: true }));
      tell(one, "unsaved");
      later();
    },
    // Sent: nothing is left of it here. The hub forgets it with what was written.
    drop(thread, kind) {
      const one = kept.get(key(thread, kind));
      if (one) {
        Object.assign(one, { text: "", mentions: [], files: [], dirty: false, state: "" });
      }
    },
    flush,
  };
}
