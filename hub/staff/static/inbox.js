// The inbox: puts its parts together, and decides what an event means for them.

import { makeActions } from "./actions.js";
import { makeApi } from "./api.js";
import { makeBulk } from "./bulk.js";
import { makeComposer } from "./composer.js";
import { fill, h, icon } from "./dom.js";
import { makeDrafts } from "./drafts.js";
import { makeWords } from "./i18n.js";
import { CONTROL, makeKeys } from "./keys.js";
import { makeList } from "./list.js";
import { makeLive } from "./live.js";
import { openPalette } from "./palette.js";
import { makePresence } from "./presence.js";
import { keepPresses } from "./press.js";
import { makeSearch } from "./search.js";
import { makeSound } from "./sound.js";
import { makeStore } from "./store.js";
import { makeThread } from "./thread.js";
import { makeToasts } from "./toast.js";
import { makeViews } from "./views.js";

const WIDE = matchMedia("(min-width: 768px)");
const ROOM = matchMedia("(min-width: 1280px)");
const words = JSON.parse(document.getElementById("said").textContent);

const api = makeApi();

async function begin() {
  const me = await api.me();
  const w = makeWords(words, me.language, me.zone);
  const store = makeStore(me);
  const app = { store, api, w, me, control: CONTROL };
  Object.assign(app, makeToasts(w.t));
  app.may = (what) => me.may.includes(what) || me.may.includes("*");
  app.wide = () => WIDE.matches;
  app.drafts = makeDrafts(app);

  // Asked for anew each time: the hub fills them for this very conversation.
  app.canned = () => api.canned(store.current).then((said) => said.items, () => []);

  // Where the page is, so that it can be come back to. No name is ever in an address.
  app.remember = ({ replace = false } = {}) => {
    const at = new URLSearchParams({ view: store.view, ...(store.team ? { team: store.team } : {}), ...(store.current ? { thread: store.current } : {}) });
    const url = `/inbox?${at}`;
    if (url !== location.pathname + location.search) {
      history[replace ? "replaceState" : "pushState"](null, "", url);
    }
  };
  app.title = () => {
    const mine = store.counts.find((one) => one.view === "mine")?.waiting ?? 0;
    const loose = store.counts.find((one) => one.view === "unassigned")?.waiting ?? 0;
    const name = store.row(store.current)?.name;
    document.title = [mine + loose ? `(${mine + loose})` : "", name ? `${name} · ` : "", w.t("inbox")].join(" ").trim().replace(" · ", " · ");
  };
  const panelOf = document.getElementById("panel");
  let shownPanel = null;
  app.open = (id, { from = "" } = {}) => {
    if (!id) {
      return Promise.resolve();
    }
    const other = store.current !== id;
    store.current = id;
    document.body.classList.add("reading");
    app.list.current();
    other && app.remember({ replace: from === "keys" || from === "act" || from === "history" });
    // Never one person's conversation beside another's record.
    panelOf.hidden = shownPanel !== id;
    return app.thread.open(id).then(() => {
      // After the conversation, which is what is waited for.
      const current = store.opened.get(id) ? id : store.current;
      if (store.current === current && current && shownPanel !== current) {
        shownPanel = current;
        panelOf.hidden = false;
        app.panel?.(current);
      }
      if (from === "list" && !app.wide()) {
        document.getElementById("conv-name")?.focus();
      }
    });
  };
  app.closeThread = ({ quiet = false } = {}) => {
    app.drafts.flush();
    store.current = null;
    shownPanel = null;
    panelOf.hidden = true;
    document.body.classList.remove("reading", "drawer");
    app.presence.leave();
    app.thread.close();
    app.list.current();
    app.remember();
    app.title();
    quiet || app.list.focus();
  };
  const side = document.getElementById("side");
  app.toggleDrawer = () => {
    if (ROOM.matches) {
      side.focus();
      return;
    }
    const on = document.body.classList.toggle("drawer");
    document.querySelector(".drawer-button")?.setAttribute("aria-expanded", String(on));
    if (on) {
      side.focus();
    } else {
      document.querySelector(".drawer-button")?.focus();
    }
  };
  document.getElementById("side-close").addEventListener("click", app.toggleDrawer);
  document.getElementById("scrim").addEventListener("click", app.toggleDrawer);
  side.addEventListener("keydown", (event) => event.key === "Escape" && document.body.classList.contains("drawer") && (event.stopPropagation(), app.toggleDrawer()));

  app.list = makeList(app);
  app.composer = makeComposer(app);
  app.thread = makeThread(app);
  app.presence = makePresence(app);
  app.do = makeActions(app);
  app.bulk = makeBulk(app);
  app.search = makeSearch(app);
  const views = makeViews(app);
  app.views = views.all;
  app.clearFilters = views.clear;
  app.palette = () => openPalette(app);
  makeKeys(app);
  Object.assign(app, { undo: app.composer.undo, again: app.composer.again, resend: app.composer.resend, takeBack: app.composer.takeBack });

  const sound = makeSound();
  addEventListener("pointerdown", sound.wake, { once: true });
  addEventListener("keydown", sound.wake, { once: true });
  app.toggle = async (name) => {
    me.switches[name] = name === "keys" ? me.switches.keys === false : !me.switches[name];
    views.draw();
    app.say(w.t(me.switches[name] ? "switched_on" : "switched_off", { what: w.t(`switch_${name}`) }));
    if (name === "sound" && me.switches.sound) {
      sound.wake();
      sound.play();
    }
    try {
      await api.switches({ [name]: me.switches[name] });
    } catch {
      // It holds until the page is loaded again.
    }
  };
  // Something new was said to the open thread: for ears.
  app.told = (row, lines) => {
    const line = lines.at(-1);
    const who = line.author?.kind === "patient" ? row.name : line.author?.kind === "bot" ? w.t("assistant") : line.author?.name;
    app.say(w.t("new_line", { channel: line.channel ? w.t(`channel_${line.channel}`) : w.t("note"), who: who || w.t("hub") }));
  };

  const counted = (said) => {
    store.counts = said.items;
    views.draw();
  };
  // Once at the beginning, and after a gap; else the stream tells them.
  const counts = () => api.counts().then(counted, () => {});

  const lost = document.getElementById("lost");
  const announced = new Map();
  const heard = (name, event) => {
    const id = event.thread;
    if (name === "presence") {
      app.presence.hear(id, event.present ?? []);
      return;
    }
    if (name === "counts.updated") {
      event.counts ? counted(event.counts) : counts();
      return;
    }
    if (name === "desk.updated") {
      api.me({ byItself: true }).then((fresh) => (Object.assign(me, fresh), views.draw())).catch(() => {});
      return;
    }
    if (name === "draft.updated") {
      id === store.current && app.thread.refresh();
      return;
    }
    const shown = store.opened.get(id)?.row;
    if (event.row) {
      const was = store.row(id);
      app.list.put(event.row, event.seq);
      const fresh = event.row.waiting_since && event.row.last_seq > (was?.last_seq ?? 0) && announced.get(id) !== event.row.last_seq;
      if (fresh) {
        announced.set(id, event.row.last_seq);
        alertOf(event.row);
      }
    } else if (id && name.startsWith("thread")) {
      // Out of reach now.
      const was = store.rows.get(id);
      was && app.list.put({ ...was, status: "gone", mentioned: false, priority: 0 });
    }
    if (id === store.current && !onlySeen(shown, event.row)) {
      app.thread.refresh();
      name.startsWith("thread") && app.panelAnew?.();
    }
  };
  const alertOf = (row) => {
    const mine = row.assignee?.id === me.id;
    if (row.priority === 3) {
      app.toast(w.t("new_emergency", { name: row.name }), { kind: "bad", icon: "siren", seconds: 12, action: [w.t("open"), () => app.open(row.id)] });
    } else if (row.id !== store.current && (mine || (!row.assignee && row.status === "open"))) {
      app.say(w.t("new_line", { channel: row.channel ? w.t(`channel_${row.channel}`) : "", who: row.name }));
    }
    if (me.switches.sound && (mine || row.priority >= 2) && (document.hidden || row.id !== store.current)) {
      sound.play({ urgent: row.priority === 3 });
    }
  };

  const went = () => {
    const at = new URLSearchParams(location.search);
    const view = at.get("view") ?? "";
    store.view = w.has(`view_${view}`) || view === "team" ? view : at.get("thread") ? "all" : "mine";
    store.team = store.view === "team" ? at.get("team") : null;
    return at.get("thread") ?? location.pathname.split("/")[3] ?? null;
  };
  addEventListener("popstate", async () => {
    const was = [store.view, store.team].join();
    const thread = went();
    if (was !== [store.view, store.team].join()) {
      await views.go(store.view, store.team, { push: false });
    }
    if (thread && thread !== store.current) {
      app.open(thread, { from: "history" });
    } else if (!thread && store.current) {
      app.closeThread({ quiet: false });
    }
  });

  const thread = went();
  views.draw();
  views.drawFilters();
  app.thread.close();
  panel(app, side);
  const [seq] = await Promise.all([app.list.load(), counts(), thread ? app.open(thread, { from: "history" }) : null]);
  document.documentElement.classList.add("ready");

  const anew = async () => {
    await Promise.all([app.list.load({ keep: true }), counts()]);
    app.thread.refresh();
  };
  const live = makeLive({
    after: seq,
    onEvent: heard,
    onReset: anew,
    // Locked, or signed out: the call asks who is there, and what was written stays.
    onEnded: () => api.me({ byItself: true }).then(() => live.again(), () => setTimeout(() => live.again(), 5000)),
    onState(gone) {
      if (lost.hidden === gone) {
        lost.hidden = !gone;
        app.say(w.t(gone ? "lost" : "back_again"));
      }
    },
  });
  fill(lost, icon("wifi-off"), h("span", {}, w.t("lost")), h("button", { type: "button", class: "btn small", onclick: () => live.again() }, w.t("try_again")));
  // Nothing of an older page shows through when the browser brings it back from its cache.
  addEventListener("pageshow", (event) => event.persisted && anew());
}

// Whether all that changed is that somebody looked.
function onlySeen(was, row) {
  if (!was || !row || (was.unseen === row.unseen && was.mentioned === row.mentioned)) {
    return false;
  }
  const rest = (one) => JSON.stringify({ ...one, unseen: 0, mentioned: false });
  return rest(was) === rest(row);
}

// The person's panel, where there is one.
async function panel(app, side) {
  try {
    const module = await import("./panel.js");
    const mounted = await module.mount(document.getElementById("panel"), app.api, Object.assign((key, values) => app.w.t(key, values), app.w));
    const shown = mounted?.show ?? module.show;
    app.panelAnew = () => mounted?.refresh?.();
    side.addEventListener("panel-open", ({ detail }) => app.open(detail.thread, { from: "panel" }));
    app.panel = (id) => {
      try {
        shown?.(id);
      } catch (error) {
        // The conversation goes on without it.
        console.error(error);
      }
    };
    app.store.current && app.panel(app.store.current);
  } catch {
    side.classList.add("bare");
    fill(document.getElementById("panel"), h("p", { class: "panel-none" }, app.w.t("panel_none")));
  }
}

keepPresses();
begin().catch((error) => {
  const place = document.getElementById("nobody");
  fill(place, h("p", { class: "strong" }, words.begin_failed), h("p", {}, error?.reason ?? ""), h("button", { type: "button", class: "btn", onclick: () => location.reload() }, words.try_again));
  document.documentElement.classList.add("ready");
});
