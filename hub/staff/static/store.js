// What the page knows: rows by id, the list as it is ordered, the filters, counters, and threads that were opened.

export function makeStore(me) {
  const heard = new Map();
  const rows = new Map();
  const opened = new Map();

  const on = (name, run) => {
    (heard.get(name) ?? heard.set(name, new Set()).get(name)).add(run);
    return () => heard.get(name).delete(run);
  };
  const known = new Map();
  // Whether a row that is as of event `seq` tells anything new: an answer that was under way longer than a push is
  // older than what the page knows by then. What is done on this page has no number.
  const isNews = (id, seq) => {
    if (seq === undefined || seq === null) {
      return true;
    }
    if (seq < (known.get(id) ?? 0)) {
      return false;
    }
    known.set(id, seq);
    return true;
  };
  const emit = (name, value) => heard.get(name)?.forEach((run) => run(value));

  return {
    me,
    rows,
    opened,
    on,
    emit,
    isNews,
    view: "mine",
    team: null,
    filters: { label: "", channel: "", language: "", assignee: "" },
    sort: "newest",
    counts: [],
    current: null,
    selected: new Set(),
    row: (id) => rows.get(id) ?? opened.get(id)?.row,
  };
}

// Whether `row` is in the list that `store` shows.
export function belongs(store, row) {
  return inView(store.view, store.team, row, store.me) && passes(store.filters, row);
}

function inView(view, team, row, me) {
  const withStaff = row.status === "open";
  switch (view) {
    case "mine":
      return withStaff && row.assignee?.id === me.id;
    case "unassigned":
      return withStaff && !row.assignee;
    case "team":
      return withStaff && (team ? row.team?.id === team : me.teams.some((one) => one.id === row.team?.id));
    case "all":
      return withStaff;
    case "urgent":
      return row.priority >= 2 && row.status !== "closed";
    case "mentions":
      return row.mentioned;
    default:
      return row.status === view;
  }
}

function passes(filters, row) {
  return (
    (!filters.label || row.labels.some((one) => one.id === filters.label)) &&
    (!filters.channel || row.channel === filters.channel) &&
    (!filters.language || row.language === filters.language) &&
    (!filters.assignee || row.assignee?.id === filters.assignee)
  );
}

// Emergencies first; then whoever waits longest, or was active last.
export function before(sort) {
  const last = (row) => Date.parse(row.last_at);
  const since = (row) => (row.waiting_since ? Date.parse(row.waiting_since) : Infinity);
  return (one, other) => {
    const pinned = (other.priority === 3) - (one.priority === 3);
    if (pinned) {
      return pinned;
    }
    if (sort === "waiting" && since(one) !== since(other)) {
      return since(one) - since(other);
    }
    return last(other) - last(one) || (one.id < other.id ? 1 : -1);
  };
}
