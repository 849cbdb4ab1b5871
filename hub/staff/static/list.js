// The list: a page at a time, in its order, which does not change under the hand of whoever is in it.

import { fill, h, icon, spaced } from "./dom.js";
import { drawRow, makeItem, tickRow } from "./rows.js";
import { before, belongs } from "./store.js";

const PAGE = 50;
const LATER = 150;
const ACTED = 10_000;

export function makeList(app) {
  const { store, api, w } = app;
  const section = document.getElementById("list");
  const scroller = document.getElementById("rows");
  const ul = scroller.querySelector("ul");
  const pill = document.getElementById("news");
  const empty = document.getElementById("empty");
  const items = new Map();
  const acted = new Map();
  let order = [];
  let waiting = new Map();
  let next = null;
  let loading = null;
  let at = null;
  let failed = false;
  let found = null;

  const inside = () => scroller.matches(":hover") || scroller.contains(document.activeElement);
  const shown = () => (found ? found : order);

  // Puts the items into the order of `ids`, and takes the others out.
  const arrange = (ids) => {
    const keep = new Set(ids);
    const focused = ul.contains(document.activeElement) ? document.activeElement.closest("li")?.dataset.id : null;
    for (const [id, item] of items) {
      if (!keep.has(id)) {
        item.remove();
        items.delete(id);
      }
    }
    let place = ul.firstElementChild;
    for (const id of ids) {
      let item = items.get(id);
      if (!item) {
        item = makeItem(app, id);
        items.set(id, item);
      }
      if (item === place) {
        place = place.nextElementSibling;
      } else {
        ul.insertBefore(item, place);
      }
      drawRow(app, item, store.rows.get(id));
      item.classList.toggle("gone", !found && !belongs(store, store.rows.get(id)));
      item.querySelector("input").checked = store.selected.has(id);
    }
    if (focused && items.has(focused)) {
      items.get(focused).querySelector("a").focus({ preventScroll: true });
    }
    rove(at && keep.has(at) ? at : ids[0]);
    current();
    empty.hidden = ids.length > 0 || Boolean(loading);
    if (!empty.hidden) {
      drawEmpty();
    }
  };

  const drawEmpty = () => {
    const filtered = Object.values(store.filters).some(Boolean);
    if (failed) {
      fill(empty, icon("wifi-off"), h("p", {}, w.t("list_failed")), h("button", { type: "button", class: "btn", onclick: () => load() }, icon("refresh-cw"), w.t("try_again")));
    } else if (found) {
      fill(empty, icon("search"), h("p", { class: "strong" }, w.t("search_none")), h("p", {}, w.t("search_none_hint")));
    } else if (filtered) {
      fill(empty, icon("list-filter"), h("p", { class: "strong" }, w.t("filter_none")), h("button", { type: "button", class: "btn", onclick: app.clearFilters }, w.t("filter_clear")));
    } else {
      const key = `empty_${store.view}`;
      fill(empty, icon(store.view === "urgent" ? "shield-check" : "coffee"), h("p", { class: "strong" }, w.t(key)), h("p", {}, w.t(`${key}_hint`)));
    }
  };

  const rove = (id) => {
    if (at && items.has(at)) {
      items.get(at).querySelector("a").tabIndex = -1;
    }
    at = id ?? null;
    if (at && items.has(at)) {
      items.get(at).querySelector("a").tabIndex = 0;
    }
  };

  const current = () => {
    for (const [id, item] of items) {
      const link = item.querySelector("a");
      if (id === store.current) {
        link.setAttribute("aria-current", "true");
      } else {
        link.removeAttribute("aria-current");
      }
    }
  };

  const sorted = (ids) => ids.toSorted((one, other) => before(store.sort)(store.rows.get(one), store.rows.get(other)));

  // Takes in what came meanwhile.
  const settle = () => {
    if (found) {
      return;
    }
    order = sorted([...new Set([...order, ...waiting.keys()])].filter((id) => belongs(store, store.rows.get(id))));
    waiting = new Map();
    arrange(order);
    drawPill();
  };
  const drawPill = () => {
    pill.hidden = !waiting.size || Boolean(found);
    if (!pill.hidden) {
      fill(pill, icon("arrow-down", { small: true }), w.t("news", { count: waiting.size }));
    }
  };

  // A row as it is now. While somebody is in the list, what is shown changes in its place, and the rest waits.
  const put = (row, seq) => {
    if (!store.isNews(row.id, seq)) {
      return;
    }
    store.rows.set(row.id, row);
    if (found || !loaded) {
      found?.includes(row.id) && arrange(found);
      return;
    }
    const here = order.includes(row.id);
    const fits = belongs(store, row);
    if (!here && !fits) {
      waiting.delete(row.id) && drawPill();
      return;
    }
    // What lies behind the last page that was asked for will come with its own page.
    if (!here && next && order.length && before(store.sort)(row, store.rows.get(order.at(-1))) > 0) {
      return;
    }
    if (!inside()) {
      waiting.set(row.id, row);
      settle();
    } else if (here) {
      // What was put away here goes at once, also where a push that was older had brought it back.
      if (!fits && Date.now() - (acted.get(row.id) ?? 0) < ACTED) {
        order = order.filter((id) => id !== row.id);
      }
      arrange(order);
      const moved = fits && sorted(order).indexOf(row.id) < order.indexOf(row.id);
      if (moved) {
        waiting.set(row.id, row);
        drawPill();
      }
    } else {
      waiting.set(row.id, row);
      drawPill();
    }
  };

  let loaded = false;
  // Reads the list anew. Returns the number of the event as of which it is.
  const load = async ({ keep = false } = {}) => {
    loading?.abort();
    const mine = (loading = new AbortController());
    if (!keep) {
      order = [];
      next = null;
      loaded = false;
      waiting = new Map();
      scroller.scrollTop = 0;
      scroller.setAttribute("aria-busy", "true");
      empty.hidden = true;
    }
    try {
      const page = await api.threads(asked(keep ? Math.min(200, Math.max(PAGE, order.length)) : PAGE), { signal: mine.signal, byItself: keep });
      failed = false;
      take(page);
      order = page.items.map((row) => row.id).filter((id) => belongs(store, store.rows.get(id)));
      next = page.next;
      waiting = new Map();
      loaded = true;
      loading = null;
      if (!found) {
        arrange(order);
        drawPill();
      }
      return page.seq;
    } catch (error) {
      if (mine.signal.aborted) {
        return null;
      }
      loading = null;
      failed = true;
      arrange(keep ? order : []);
      return null;
    } finally {
      if (loading === null || loading === mine) {
        scroller.setAttribute("aria-busy", "false");
      }
    }
  };
  const take = (page) => page.items.forEach((row) => store.isNews(row.id, page.seq) && store.rows.set(row.id, row));
  const asked = (limit, cursor) => ({ view: store.view, team: store.team, ...store.filters, sort: store.sort, limit, cursor });

  const more = spaced(async () => {
    if (!next || found || loading) {
      return;
    }
    const [view, cursor] = [store.view, next];
    try {
      const page = await api.threads(asked(PAGE, cursor));
      if (view !== store.view || cursor !== next) {
        return;
      }
      take(page);
      order = [...order, ...page.items.map((row) => row.id).filter((id) => !order.includes(id))];
      next = page.next;
      arrange(order);
    } catch {
      // It is asked for again as soon as somebody scrolls.
    }
  }, 100);

  // Which row comes after (or, with -1, before) `id`.
  const beside = (id, step) => {
    const ids = shown();
    const index = ids.indexOf(id);
    return index < 0 ? ids[0] : ids[Math.min(ids.length - 1, Math.max(0, index + step))];
  };
  let opening = 0;
  let moved = 0;
  // One row down or up. Whoever holds the key down passes over rows without opening them.
  const step = (by) => {
    const id = at && shown().includes(at) && (store.current || ul.contains(document.activeElement)) ? beside(at, by) : shown()[0];
    if (!id) {
      return;
    }
    rove(id);
    const link = items.get(id).querySelector("a");
    link.focus({ preventScroll: true });
    link.scrollIntoView({ block: "nearest" });
    if (app.wide()) {
      clearTimeout(opening);
      const quick = Date.now() - moved < LATER;
      moved = Date.now();
      opening = setTimeout(() => app.open(id, { from: "keys" }), quick ? LATER : 0);
    }
    if (shown().length - shown().indexOf(id) < 10) {
      more();
    }
  };
  // Takes a row out at once, after something was done with it here, and goes to the next.
  const leave = (ids) => {
    if (found) {
      return null;
    }
    const gone = ids.filter((id) => !belongs(store, store.rows.get(id)));
    if (!gone.length) {
      return null;
    }
    const index = order.indexOf(gone[0]);
    const was = ul.contains(document.activeElement);
    order = order.filter((id) => !gone.includes(id));
    gone.forEach((id) => {
      waiting.delete(id);
      acted.set(id, Date.now());
    });
    const following = order[Math.min(index, order.length - 1)] ?? null;
    arrange(order);
    drawPill();
    if (following) {
      rove(following);
      was && items.get(following).querySelector("a").focus({ preventScroll: true });
    }
    return index < 0 ? null : following;
  };

  const select = (id, on) => {
    if (on) {
      store.selected.add(id);
    } else {
      store.selected.delete(id);
    }
    if (items.has(id)) {
      items.get(id).querySelector("input").checked = on;
    }
    store.emit("selected");
  };
  let anchor = null;
  ul.addEventListener("click", (event) => {
    const item = event.target.closest("li");
    if (!item) {
      return;
    }
    const { id } = item.dataset;
    const box = event.target.closest(".pick-row");
    if (box) {
      if (event.target.tagName !== "INPUT") {
        return;
      }
      const on = event.target.checked;
      if (event.shiftKey && anchor && shown().includes(anchor)) {
        const [from, to] = [shown().indexOf(anchor), shown().indexOf(id)].toSorted((one, other) => one - other);
        shown().slice(from, to + 1).forEach((one) => select(one, on));
      } else {
        select(id, on);
      }
      anchor = id;
      return;
    }
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) {
      return;
    }
    event.preventDefault();
    rove(id);
    app.open(id, { from: "list" });
  });
  ul.addEventListener("focusin", (event) => {
    const id = event.target.closest("li")?.dataset.id;
    if (id && id !== at && event.target.matches("a")) {
      rove(id);
    }
  });
  ul.addEventListener("keydown", (event) => {
    if (event.target.matches("a") && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const steps = { ArrowDown: 1, ArrowUp: -1 };
      if (event.key in steps) {
        event.preventDefault();
        step(steps[event.key]);
      }
    }
  });
  scroller.addEventListener("scroll", () => {
    if (scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 900) {
      more();
    }
  }, { passive: true });
  const left = () => setTimeout(() => waiting.size && !inside() && settle(), 60);
  scroller.addEventListener("pointerleave", left);
  scroller.addEventListener("focusout", left);
  pill.addEventListener("click", () => {
    settle();
    scroller.scrollTop = 0;
    const first = ul.querySelector("a");
    first && (rove(first.closest("li").dataset.id), first.focus());
  });
  store.on("selected", () => section.classList.toggle("selecting", store.selected.size > 0));
  setInterval(() => {
    for (const [id, item] of items) {
      const row = store.rows.get(id);
      row && tickRow(app, item, row);
    }
  }, 15_000);

  return {
    load, more, put, step, leave, current, select, settle,
    at: () => at,
    ids: shown,
    focus() {
      (items.get(at) ?? ul.firstElementChild)?.querySelector("a")?.focus();
    },
    // Shows what a search found in the place of the list; null for the list again.
    show(ids) {
      found = ids;
      arrange(ids ?? order);
      drawPill();
      if (!ids) {
        settle();
      }
    },
    item: (id) => items.get(id),
  };
}
