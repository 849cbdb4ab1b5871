// The thread that is open: its head, what to mind, its entries.

import { banners } from "./banners.js";
import { fill, h, hidden, icon, refill, spaced, tool } from "./dom.js";
import { drawEvents, drawLine } from "./lines.js";
import { promise, readable } from "./rows.js";

const NEAR = 80;

export function makeThread(app) {
  const { store, api, w } = app;
  const conv = document.getElementById("conv");
  const head = document.getElementById("conv-head");
  const tools = h("div", { class: "conv-tools" });
  const present = h("span", { id: "present" });
  const warnings = document.getElementById("banners");
  const log = document.getElementById("log");
  const nobody = document.getElementById("nobody");
  const inner = document.getElementById("conv-in");
  const down = document.getElementById("down");
  let asking = null;
  let shownId = null;
  let counting = 0;

  const state = () => store.opened.get(store.current);
  const low = () => log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
  const toEnd = () => (log.scrollTop = log.scrollHeight);

  const drawHead = () => {
    const { row, mrn, birth_date: born, age, pronouns } = state();
    const facts = [
      born && w.t("born", { date: w.date(born), age: age ?? "" }), mrn && w.t("mrn", { mrn }),
      row.language && w.tongue(row.language), pronouns, !row.known && w.t("unknown_sender"),
    ].filter(Boolean);
    const closed = row.status === "closed";
    const can = app.may("threads:write");
    refill(
      head,
      h("button", { type: "button", class: "btn ghost icon back", "aria-label": w.t("back"), onclick: () => app.closeThread() }, icon("arrow-left")),
      h("div", { class: "conv-id" },
        h("h2", { id: "conv-name", tabindex: "-1" }, readable(row.name)),
        h("p", {}, facts.map((fact, index) => [index > 0 && h("span", { "aria-hidden": "true" }, " · "), h("span", {}, fact)]))),
      tools,
    );
    refill(
      tools,
      present,
      can && h("button", { type: "button", class: "btn assign", "aria-haspopup": "dialog", title: `${w.t("assign")} (A)`, "aria-label": row.assignee ? w.t("assigned_change", { name: row.assignee.name }) : w.t("assign"), onclick: (event) => app.do.assign(event.currentTarget) },
        icon(row.assignee ? "user" : "user-plus"), h("span", { class: "btn-words" }, row.assignee ? (row.assignee.id === store.me.id ? w.t("you") : row.assignee.name) : w.t("assign"))),
      can && tool("alarm-clock", w.t("snooze"), (event) => app.do.snooze(event.currentTarget), { key: "Z", "aria-haspopup": "menu" }),
      can && tool("ellipsis", w.t("more"), (event) => app.do.more(event.currentTarget), { "aria-haspopup": "menu" }),
      h("button", { type: "button", class: "btn ghost icon drawer-button", "aria-label": w.t("patient"), title: `${w.t("patient")} (P)`, "aria-expanded": String(document.body.classList.contains("drawer")), "aria-controls": "side", onclick: app.toggleDrawer }, icon("panel-right")),
      can && (closed
        ? h("button", { type: "button", class: "btn", onclick: () => app.do.reopen() }, icon("undo-2"), h("span", { class: "btn-words" }, w.t("reopen")))
        : h("button", { type: "button", class: "btn", title: `${w.t("close")} (E)`, "aria-label": w.t("close"), onclick: () => app.do.close() }, icon("check"), h("span", { class: "btn-words" }, w.t("close")))),
    );
    app.presence?.draw();
  };

  const drawLabels = () => {
    const { row } = state();
    const place = document.getElementById("conv-labels");
    const can = app.may("threads:write");
    const due = promise(w, row);
    place.hidden = !row.labels.length && !row.team && !due && !row.part2;
    fill(place,
      due,
      row.part2 && h("span", { class: "chip warn", title: w.t("part2_hint") }, icon("lock", { small: true }), w.t("part2"), hidden(`. ${w.t("part2_hint")}`)),
      row.team && h("span", { class: "chip" }, icon("users-round", { small: true }), hidden(`${w.t("team")}: `), row.team.name),
      row.labels.map((label) => h("span", { class: `chip label ${label.color}` }, label.name, can && h("button", { type: "button", "aria-label": w.t("remove_label", { label: label.name }), onclick: () => app.do.unlabel(label) }, icon("x", { small: true })))));
  };

  // The entries as elements, with a line for each new day and stretches of events folded.
  const elements = (items, row) => {
    const made = [];
    let day = null;
    let previous = null;
    let events = [];
    const close = () => {
      made.push(...drawEvents(app, events, row));
      events = [];
    };
    for (const line of items) {
      if (!day || !w.sameDay(day, line.at)) {
        close();
        made.push(h("p", { class: "day" }, h("span", {}, w.day(line.at))));
        previous = null;
      }
      day = line.at;
      if (line.kind === "event") {
        events.push(line);
        continue;
      }
      if (events.length) {
        close();
        previous = null;
      }
      made.push(drawLine(app, line, row, previous));
      previous = line;
    }
    close();
    return made;
  };

  const drawLog = ({ end = false } = {}) => {
    const opened = state();
    const stay = !end && !low() ? log.scrollHeight - log.scrollTop : null;
    const open = [...log.querySelectorAll("details[open]")].map((one) => one.closest("[data-id]")?.dataset.id);
    const focused = log.contains(document.activeElement) ? [document.activeElement.closest("[data-id]")?.dataset.id, document.activeElement.tagName] : null;
    const pending = app.composer.pending(store.current);
    const items = [...opened.lines.items, ...pending.filter((one) => !opened.lines.items.some((line) => line.id === one.id))];
    refill(log,
      opened.lines.before !== null && h("button", { type: "button", class: "btn older", onclick: older }, w.t("older")),
      opened.lines.before === null && h("p", { class: "start" }, w.t("thread_start")),
      elements(items, opened.row));
    for (const id of open) {
      const details = id && log.querySelector(`[data-id="${CSS.escape(id)}"]`);
      const fold = details?.matches("details") ? details : details?.querySelector("details");
      fold && (fold.open = true);
    }
    if (focused?.[0]) {
      log.querySelector(`[data-id="${CSS.escape(focused[0])}"] ${focused[1]}`)?.focus({ preventScroll: true });
    }
    if (stay === null) {
      toEnd();
    } else {
      log.scrollTop = log.scrollHeight - stay;
    }
    countdown();
  };

  // Draws again what counts down, until nothing does.
  const countdown = () => {
    clearTimeout(counting);
    const running = state()?.lines.items.filter((line) => line.undo_until && Date.parse(line.undo_until) > Date.now()) ?? [];
    if (!running.length) {
      return;
    }
    counting = setTimeout(() => {
      if (!state()) {
        return;
      }
      for (const line of running) {
        const words = log.querySelector(`[data-id="${CSS.escape(line.id)}"] .countdown`);
        const left = Math.ceil((Date.parse(line.undo_until) - Date.now()) / 1000);
        if (words && left > 0) {
          words.textContent = w.t("sending_in", { n: left });
        } else if (words) {
          drawLog();
          return;
        }
      }
      countdown();
    }, 1000);
  };

  const older = spaced(async () => {
    const opened = state();
    if (!opened || opened.lines.before === null) {
      return;
    }
    try {
      const page = await api.lines(opened.row.id, opened.lines.before);
      if (opened !== state()) {
        return;
      }
      const known = new Set(opened.lines.items.map((line) => line.id));
      opened.lines.items = [...page.items.filter((line) => !known.has(line.id)), ...opened.lines.items];
      opened.lines.before = page.before;
      const from = log.scrollHeight - log.scrollTop;
      drawLog();
      log.scrollTop = log.scrollHeight - from;
    } catch (error) {
      app.failed(error);
    }
  }, 200);

  const draw = (end) => {
    nobody.hidden = true;
    inner.hidden = false;
    inner.inert = false;
    drawHead();
    drawLabels();
    banners(app, warnings, state());
    drawLog({ end });
    app.composer.show(state());
    end && toEnd();
    app.presence?.show(store.current);
    app.title();
  };

  // Opens the thread with `id`; `asked` says by what, for the focus.
  const open = async (id) => {
    asking?.abort();
    const mine = (asking = new AbortController());
    const began = performance.now();
    const kept = store.opened.get(id);
    shownId = id;
    if (kept) {
      draw(true);
    } else {
      conv.setAttribute("aria-busy", "true");
      // Nobody writes to whoever was there before.
      inner.inert = true;
    }
    try {
      const opened = await api.open(id, { signal: mine.signal });
      take(opened);
      if (store.current === id) {
        // One that was merged into another opens that one.
        store.current = opened.row.id;
        draw(!kept);
        if (kept) {
          toEnd();
        }
        see();
      }
    } catch (error) {
      if (mine.signal.aborted) {
        return;
      }
      if (error.status === 404 || error.status === 403) {
        store.opened.delete(id);
        app.closeThread();
        app.toast(w.t("out_of_reach"), { kind: "bad", icon: "ban" });
      } else if (!kept) {
        fill(nobody, icon("wifi-off"), h("p", { class: "strong" }, w.t("thread_failed")), h("button", { type: "button", class: "btn", onclick: () => open(id) }, icon("refresh-cw"), w.t("try_again")));
        nobody.hidden = false;
        inner.hidden = true;
      }
    } finally {
      conv.setAttribute("aria-busy", "false");
      requestAnimationFrame(() => performance.measure("switch", { start: began }));
    }
  };

  const take = (opened) => {
    const kept = store.opened.get(opened.row.id);
    if (kept) {
      const oldest = opened.lines.items[0]?.seq ?? Infinity;
      // What was read further back stays, if nothing lies between.
      if (kept.lines.items.some((line) => line.seq >= oldest - 1)) {
        const known = new Set(opened.lines.items.map((line) => line.id));
        const earlier = kept.lines.items.filter((line) => line.seq < oldest && !known.has(line.id));
        if (earlier.length) {
          opened.lines = { items: [...earlier, ...opened.lines.items], before: kept.lines.before };
        }
      }
    }
    if (!store.isNews(opened.row.id, opened.seq)) {
      opened.row = store.rows.get(opened.row.id) ?? opened.row;
    }
    store.opened.delete(opened.row.id);
    store.opened.set(opened.row.id, opened);
    store.rows.set(opened.row.id, opened.row);
    // Fifty threads at hand are enough; the oldest go.
    if (store.opened.size > 50) {
      store.opened.delete(store.opened.keys().next().value);
    }
    app.list.put(opened.row);
    app.drafts.took(opened);
  };

  // Reads the open thread anew after something in it changed.
  const refresh = spaced(async () => {
    const id = store.current;
    if (!id) {
      return;
    }
    const last = state()?.row.last_seq ?? 0;
    try {
      const opened = await api.open(id, { byItself: true });
      take(opened);
      if (store.current !== id) {
        return;
      }
      const wasLow = low();
      drawHead();
      drawLabels();
      banners(app, warnings, opened);
      drawLog();
      app.composer.ways(opened);
      app.presence?.draw();
      const fresh = opened.lines.items.filter((line) => line.seq > last && !line.mine && line.kind === "message");
      if (fresh.length) {
        app.told(opened.row, fresh);
        down.hidden = wasLow;
        if (wasLow) {
          toEnd();
        }
      }
      see();
    } catch {
      // The next event, or the connection's return, asks again.
    }
  }, 40);

  // Tells the hub what was seen, and nobody's eyes were elsewhere.
  let seenTo = new Map();
  const see = () => {
    const opened = state();
    if (!opened || document.hidden || !app.may("threads:write")) {
      return;
    }
    const seq = opened.row.last_seq;
    if ((opened.row.unseen > 0 || opened.row.mentioned) && seenTo.get(store.current) !== seq) {
      seenTo.set(store.current, seq);
      api.seen(store.current, seq).catch(() => seenTo.delete(store.current));
    }
  };

  log.addEventListener("scroll", () => {
    if (log.scrollTop < 240 && log.scrollHeight > log.clientHeight + 400) {
      older();
    }
    if (low()) {
      down.hidden = true;
    }
  }, { passive: true });
  down.addEventListener("click", () => (toEnd(), (down.hidden = true)));
  document.addEventListener("visibilitychange", see);
  new ResizeObserver(() => stuck && toEnd()).observe(log);
  let stuck = true;
  log.addEventListener("scroll", () => (stuck = low()), { passive: true });

  return {
    open, refresh, drawLog,
    id: () => shownId,
    // The row changed: what is drawn of it is drawn again.
    row(row) {
      const opened = state();
      if (opened) {
        opened.row = row;
        drawHead();
        drawLabels();
        banners(app, warnings, opened);
      }
    },
    close() {
      asking?.abort();
      inner.hidden = true;
      nobody.hidden = false;
      fill(nobody, icon("inbox"), h("p", { class: "strong" }, w.t("nobody")), h("p", {}, w.t("nobody_hint")));
    },
    // Puts in what was just written here, before the stream says so.
    wrote(id, line) {
      const opened = store.opened.get(id);
      if (!opened) {
        return;
      }
      opened.lines.items = [...opened.lines.items.filter((one) => one.id !== line.id), line].toSorted((one, other) => one.seq - other.seq);
      opened.row.last_seq = Math.max(opened.row.last_seq, line.seq);
      if (store.current === id) {
        drawLog({ end: true });
      }
    },
  };
}
