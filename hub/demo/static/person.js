// Whose phone and mailbox are on the page, and all that is known of them. Panels watch it.

const owner = document.getElementById("owner");
const watchers = [];
let known = blank();

function blank() {
  return { texts: new Map(), mails: new Map(), calls: new Map(), thread: null };
}

export const person = {
  get key() {
    return owner.value;
  },
  get name() {
    return owner.selectedOptions[0].textContent.trim();
  },
  get facts() {
    return owner.selectedOptions[0].dataset;
  },
  get language() {
    return owner.selectedOptions[0].dataset.language;
  },
  get names() {
    return owner.selectedOptions[0].dataset.names.split("|").filter(Boolean);
  },
  // What the clinic said last, on whichever channel.
  get asked() {
    return known.thread?.asked ?? "";
  },
  get texts() {
    return known.texts;
  },
  get mails() {
    return known.mails;
  },
  get calls() {
    return known.calls;
  },
  get thread() {
    return known.thread;
  },
};

// watcher: { changed() for another person; texts, mails, calls (rows, each with whether it is new), side(), standing() }
export function watch(watcher) {
  watchers.push(watcher);
}

function tell(name, ...what) {
  for (const one of watchers) one[name]?.(...what);
}

export function forget() {
  known = blank();
  tell("changed");
}

function rows(name) {
  return (event) => {
    const store = known[name];
    const told = event[name].map((row) => {
      const isNew = !store.has(row.id);
      store.set(row.id, row);
      return [row, isNew];
    });
    tell(name, told);
  };
}

export const heard = {
  texts: rows("texts"),
  mails: rows("mails"),
  calls: rows("calls"),
  side({ thread }) {
    known.thread = thread;
    tell("side");
  },
  standing(standing) {
    tell("standing", standing);
  },
};

export function onPick(act) {
  owner.addEventListener("change", () => {
    try {
      sessionStorage.setItem("owner", owner.value);
    } catch {
      // Storage may be switched off: the choice then lasts until the page is left.
    }
    act();
  });
}

// What was chosen in this tab before stays chosen when the page is loaded anew, as in the other language.
try {
  const before = sessionStorage.getItem("owner");
  if (before && [...owner.options].some((option) => option.value === before)) owner.value = before;
} catch {
  // As above.
}
