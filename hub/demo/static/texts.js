// What is known of every phone: its texts by id, in order, and who answers it. Panels watch the phone they show.

const phones = new Map();
let run = "";

export function phone(key) {
  if (!phones.has(key)) phones.set(key, { texts: new Map(), standing: null, watchers: new Set() });
  return phones.get(key);
}

// A new run of the demo has empty phones; a mere break of the line has not.
export function started(id) {
  if (run && run !== id) {
    for (const one of phones.values()) {
      one.texts.clear();
      one.standing = null;
      one.watchers.forEach((watcher) => watcher.cleared());
    }
  }
  run = id;
}

export function received({ phone: key, texts }) {
  const one = phone(key);
  for (const text of texts) {
    const known = one.texts.get(text.id);
    one.texts.set(text.id, text);
    one.watchers.forEach((watcher) => watcher.text(text, !known));
  }
}

export function stands({ phone: key, state, words }) {
  const one = phone(key);
  one.standing = { state, words };
  one.watchers.forEach((watcher) => watcher.standing(one.standing));
}
