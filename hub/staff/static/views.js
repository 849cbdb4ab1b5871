// The views beside the list, with how many threads wait in each; and what narrows the list down.

import { fill, h, hidden, icon } from "./dom.js";
import { pick } from "./picker.js";

const VIEWS = [
  ["mine", "user"], ["unassigned", "circle-dashed"], ["urgent", "siren"], ["mentions", "at-sign"], ["all", "layers"],
  ["bot", "bot"], ["snoozed", "alarm-clock"], ["closed", "check-check"],
];
const QUIET = new Set(["snoozed", "closed", "bot", "mentions"]);
const CHANNELS = ["sms", "voice", "email", "portal"];

export function makeViews(app) {
  const { store, w, me } = app;
  const t = w.t;
  const nav = document.getElementById("views");
  const heading = document.getElementById("list-name");
  const total = document.getElementById("list-count");
  const bar = document.getElementById("filters");
  const filterButton = document.getElementById("filter");
  const sortButton = document.getElementById("sort");

  const count = (view, team = null) => store.counts.find((one) => one.view === view && (one.team ?? null) === team);
  const address = (view, team) => `/inbox?${new URLSearchParams({ view, ...(team ? { team } : {}) })}`;
  const name = (view, team) => (team ? me.teams.find((one) => one.id === team)?.name ?? t("team") : t(`view_${view}`));

  const link = (view, picture, team = null) => {
    const number = count(view, team);
    const waiting = number ? (QUIET.has(view) ? number.threads : number.waiting) : 0;
    const here = store.view === view && store.team === team;
    return h("a", { href: address(view, team), class: `view${view === "urgent" && number?.threads ? " alarm" : ""}`, "aria-current": here ? "page" : null, onclick: (event) => {
      if (!event.metaKey && !event.ctrlKey) {
        event.preventDefault();
        go(view, team);
      }
    } }, icon(picture), h("span", { class: "view-name" }, name(view, team)),
    h("span", { class: `num${number?.waiting && !QUIET.has(view) ? " waiting" : ""}`, title: number ? t("view_count", { threads: number.threads, waiting: number.waiting }) : null },
      view === "closed" ? "" : waiting ? [String(waiting), hidden(` ${t(QUIET.has(view) ? "view_threads" : "view_waiting")}`)] : ""));
  };

  const draw = () => {
    const focused = nav.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    fill(nav,
      h("h2", {}, t("inbox")), VIEWS.map(([view, picture]) => link(view, picture)),
      me.teams.length > 0 && [h("h2", {}, t("teams")), me.teams.map((team) => link("team", "users-round", team.id))],
      h("div", { class: "views-foot" },
        h("button", { type: "button", class: "view", onclick: () => app.palette() }, icon("search"), h("span", { class: "view-name" }, t("palette")), h("kbd", {}, `${app.control} K`)),
        h("button", { type: "button", class: "view", onclick: () => app.help() }, icon("keyboard"), h("span", { class: "view-name" }, t("help_short")), h("kbd", {}, "?")),
        h("button", { type: "button", class: "view", "aria-pressed": String(Boolean(me.switches.sound)), onclick: () => app.toggle("sound") }, icon(me.switches.sound ? "volume-2" : "volume-x"), h("span", { class: "view-name" }, t("sound")))));
    focused && nav.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    const number = count(store.view, store.team);
    heading.textContent = name(store.view, store.team);
    total.textContent = number ? String(number.threads) : "";
    total.hidden = !number;
    total.title = number ? t("view_count", { threads: number.threads, waiting: number.waiting }) : "";
    app.title();
  };

  const go = (view, team = null, { push = true } = {}) => {
    const other = store.view !== view || store.team !== team;
    Object.assign(store, { view, team });
    app.bulk.clear();
    app.search.clear();
    nav.classList.remove("open");
    document.body.classList.remove("choosing");
    draw();
    drawFilters();
    if (push) {
      app.remember();
    }
    other || app.say(name(view, team));
    return app.list.load();
  };

  const drawFilters = () => {
    const chips = [
      ["label", me.labels.find((one) => one.id === store.filters.label)?.name],
      ["channel", store.filters.channel && t(`channel_${store.filters.channel}`)],
      ["language", store.filters.language && w.tongue(store.filters.language)],
      ["assignee", me.users.find((one) => one.id === store.filters.assignee)?.name ?? (store.filters.assignee === me.id ? me.name : "")],
    ].filter(([, words]) => words);
    bar.hidden = !chips.length;
    fill(bar, chips.map(([which, words]) => h("button", { type: "button", class: "chip filter-chip", "aria-label": t("filter_remove", { what: words }), onclick: () => set(which, "") }, words, icon("x", { small: true }))));
    sortButton.setAttribute("aria-label", t("sort_by", { what: t(`sort_${store.sort}`) }));
    sortButton.title = t("sort_by", { what: t(`sort_${store.sort}`) });
    sortButton.classList.toggle("on", store.sort !== "newest");
    filterButton.classList.toggle("on", chips.length > 0);
  };
  const set = (which, value) => {
    store.filters[which] = value;
    drawFilters();
    app.list.load();
  };
  const toggle = (which, value) => set(which, store.filters[which] === value ? "" : value);
  filterButton.addEventListener("click", () => pick(filterButton, [
    { heading: t("channel") },
    ...CHANNELS.map((one) => ({ label: t(`channel_${one}`), current: store.filters.channel === one, run: () => toggle("channel", one) })),
    { heading: t("language") },
    ...["en", "es"].map((one) => ({ label: w.tongue(one), current: store.filters.language === one, run: () => toggle("language", one) })),
    ...(me.labels.length ? [{ heading: t("labels") }] : []),
    ...me.labels.map((one) => ({ label: one.name, color: one.color, current: store.filters.label === one.id, run: () => toggle("label", one.id) })),
    { heading: t("assignee") },
    ...me.users.map((one) => ({ label: one.name, current: store.filters.assignee === one.id, run: () => toggle("assignee", one.id) })),
  ], { label: t("filter"), search: t("filter_search"), empty: t("none_found") }));
  sortButton.addEventListener("click", () => pick(sortButton, ["newest", "waiting"].map((one) => ({ label: t(`sort_${one}`), current: store.sort === one, run: () => {
    store.sort = one;
    drawFilters();
    app.list.load();
  } })), { label: t("sort") }));
  document.getElementById("choose-view").addEventListener("click", () => pick(document.getElementById("choose-view"), all().map((one) => ({ label: one.label, icon: one.icon, hint: one.waiting ? String(one.waiting) : "", current: one.here, run: one.run })), { label: t("views") }));

  const all = () => [...VIEWS.map(([view, picture]) => [view, picture, null]), ...me.teams.map((team) => ["team", "users-round", team.id])].map(([view, picture, team]) => ({
    label: name(view, team), icon: picture, waiting: count(view, team)?.[QUIET.has(view) ? "threads" : "waiting"] ?? 0, here: store.view === view && store.team === team, run: () => go(view, team),
  }));
  return {
    draw, go, drawFilters, all,
    clear() {
      store.filters = { label: "", channel: "", language: "", assignee: "" };
      drawFilters();
      app.list.load();
    },
  };
}
