// The person's side panel. `mount(element, api, i18n)` gives `{ show(thread), refresh(), close() }`.
//
// api: `get(path)` and `post(path, body)`, which throw what the hub answered. i18n: `(key, values) => words`.
// Whoever wants to see another thread is told by the event `panel-open`, whose `detail.thread` is its id.

import { fill, h, hidden } from "./dom.js";
import { consent, wishes } from "./panel-consent.js";
import { why } from "./panel-forms.js";
import { identity, others } from "./panel-people.js";
import { reach } from "./panel-reach.js";
import { visits } from "./panel-visits.js";

export function mount(element, api, t) {
  const say = h("p", { class: "pn-say", role: "status" });
  const body = h("div", { class: "pn-body" });
  const unfolded = new Set(["visits", "reach", "consent"]);
  let thread = null;
  let asked = 0;
  let stale = false;
  element.classList.add("pn");
  fill(element, say, body);

  const tell = (words, tone = "ok") => {
    say.className = `pn-say ${words ? tone : ""}`;
    say.textContent = words;
  };
  const busy = () => body.querySelector(".pn-form") !== null;

  // Nothing is drawn over what somebody is filling in: it is done once they are through.
  const load = async ({ anew = false } = {}) => {
    const mine = (asked += 1);
    stale = false;
    try {
      const panel = await api.get(`/threads/${encodeURIComponent(thread)}/panel`);
      if (mine !== asked) {
        return;
      }
      if (busy() && !anew) {
        stale = true;
      } else {
        draw(panel);
      }
    } catch (error) {
      if (mine === asked) {
        fill(body, h("p", { class: "pn-none", role: "alert" }, why(error, t)), h("button", { type: "button", class: "pn-btn", onclick: () => load() }, t("panel_again")));
      }
    }
  };

  const draw = (panel) => {
    const context = contextOf(panel);
    const scrolled = body.scrollTop;
    const focused = placeOf(document.activeElement);
    fill(body, head(context), sections(context));
    body.scrollTop = scrolled;
    focused?.();
  };

  // What has the focus may be drawn anew: whatever bears the same words in the same part has it then.
  const placeOf = (element) => {
    if (!body.contains(element)) {
      return null;
    }
    const part = element.closest(".pn-section")?.dataset.section ?? "";
    const within = () => (part ? body.querySelector(`.pn-section[data-section="${part}"]`) : body.querySelector(".pn-head"));
    const alike = () => [...(within()?.querySelectorAll("button, summary, a") ?? [])].filter((one) => one.textContent === element.textContent);
    const nth = alike().indexOf(element);
    return () => (alike()[nth] ?? within()?.querySelector("summary"))?.focus({ preventScroll: true });
  };

  const contextOf = (panel) => {
    const base = `/threads/${encodeURIComponent(panel.thread)}`;
    const coded = (kind, code) => {
      const key = `${kind}_${code}`;
      const said = t(key);
      return said === key ? String(code).replaceAll(/[_.]/g, " ") : said;
    };
    return {
      api, t, coded, panel, base,
      may: (name) => panel.may.includes(name),
      moment: moments(panel.zone),
      say: tell,
      reload: () => load(),
      open: (id) => element.dispatchEvent(new CustomEvent("panel-open", { bubbles: true, detail: { thread: id } })),
      opener: { closed: () => stale && !busy() && load() },
      act: async (path, sent, said) => {
        try {
          await api.post(base + path, sent);
          tell(said);
          await load();
        } catch (error) {
          tell(why(error, t), "danger");
        }
      },
      tongue,
    };
  };

  const head = (context) => {
    const { panel, coded, moment } = context;
    const one = panel.person;
    const initials = one.known ? one.name.split(/\s+/).map((word) => word[0]).filter(Boolean) : ["?"];
    return h(
      "header",
      { class: "pn-head" },
      h("span", { class: "pn-avatar", "aria-hidden": "true" }, [initials[0], initials.length > 1 ? initials.at(-1) : ""].join("").toUpperCase()),
      h(
        "div",
        {},
        h("h2", {}, one.name || t("panel_unknown")),
        !one.known && h("p", {}, h("span", { class: "pn-chip warn" }, coded("panel_kind", one.kind))),
        panel.deceased_at && h("p", {}, h("span", { class: "pn-chip warn", "data-deceased": "" }, t("panel_deceased", { when: moment.date(panel.deceased_at) }))),
        one.birth_date && h("p", {}, t("panel_born_age", { when: moment.date(one.birth_date), age: one.age ?? "?" })),
        h("p", { class: "pn-small" }, [one.mrn && `${t("panel_mrn")} ${one.mrn}`, one.language && tongue(one.language), one.kind === "proxy" && t("panel_kind_proxy")].filter(Boolean).join(" · ")),
      ),
      h("div", { class: "pn-who" }, identity(context)),
    );
  };

  const sections = (context) => {
    const { panel, may } = context;
    const people = panel.others.length + panel.acted_for_by.length + panel.acts_for.length;
    return [
      section("visits", t("panel_visits"), () => visits(context), panel.next.length),
      section("reach", t("panel_reach"), () => reach(context)),
      section("consent", t("panel_consent"), () => consent(context)),
      section("wishes", t("panel_wishes"), () => wishes(context)),
      people > 0 && section("people", t("panel_people"), () => others(context), people),
      // No campaigns run in this release: the section comes with the first of them.
      panel.campaigns.length > 0 && section("campaigns", t("panel_campaigns"), () => h("ul", { class: "pn-list" }, panel.campaigns.map((one) => h("li", {}, one.name)))),
      panel.ratings.length > 0 && section("ratings", t("panel_ratings"), () => rated(context)),
      may("access:read") && section("looked", t("panel_looked"), () => looks(context)),
    ];
  };

  // A part of the panel that folds; its inside is made when it is first seen.
  const section = (name, title, make, count = 0) => {
    const inside = h("div", { class: "pn-inside" });
    const made = h("details", { class: "pn-section", dataset: { section: name } }, h("summary", {}, h("h3", {}, title), count > 0 && h("span", { class: "pn-count" }, `${count}`)), inside);
    const show = () => inside.childElementCount || fill(inside, make());
    if (unfolded.has(name)) {
      made.open = true;
      show();
    }
    made.addEventListener("toggle", () => {
      unfolded[made.open ? "add" : "delete"](name);
      if (made.open) {
        show();
      }
    });
    return made;
  };

  const rated = (context) =>
    h("ul", { class: "pn-list" }, context.panel.ratings.map((one) =>
      h("li", { class: "pn-line" }, one.score === null ? h("span", { class: "pn-small" }, t("panel_unrated")) : h("span", {}, h("span", { "aria-hidden": "true" }, "★".repeat(one.score) + "☆".repeat(5 - one.score)), hidden(t("panel_score", { n: one.score }))),
        h("time", { datetime: one.at }, context.moment.brief(one.at)))));

  const looks = (context) => {
    const list = h("ol", { class: "pn-list pn-looks" });
    const more = h("button", { type: "button", class: "pn-btn small", hidden: true }, t("panel_more"));
    const wrong = h("p", { class: "pn-wrong", role: "alert" });
    const { coded, moment, base } = context;
    const page = async (cursor = "") => {
      try {
        const found = await api.get(`${base}/looked${cursor ? `?cursor=${encodeURIComponent(cursor)}` : ""}`);
        list.append(...found.items.map((one) =>
          h("li", {}, h("div", { class: "pn-line" }, h("strong", {}, one.who || coded("panel_actor", one.kind)), h("time", { datetime: one.at }, moment.brief(one.at))), h("p", { class: "pn-small" }, coded("panel_look", one.action.replaceAll(".", "_"))))));
        more.hidden = !found.next;
        more.onclick = () => page(found.next);
      } catch (error) {
        wrong.textContent = why(error, t);
      }
    };
    page();
    return [list, wrong, more];
  };

  return {
    show(id) {
      thread = id;
      tell("");
      fill(body, h("p", { class: "pn-small", role: "status" }, t("panel_loading")));
      return load({ anew: true });
    },
    refresh() {
      if (thread === null) {
        return undefined;
      }
      stale = busy();
      return stale ? undefined : load();
    },
    close() {
      asked += 1;
      thread = null;
      tell("");
      fill(body);
    },
  };
}

const locale = () => (document.documentElement.lang === "es" ? "es-US" : "en-US");

function tongue(code) {
  try {
    const name = new Intl.DisplayNames([locale()], { type: "language" }).of(code);
    return name[0].toUpperCase() + name.slice(1);
  } catch {
    return code;
  }
}

// Writes moments as the clinic's clock shows them.
function moments(zone) {
  const write = (value, options) => new Intl.DateTimeFormat(locale(), { timeZone: zone, ...options }).format(new Date(value));
  return {
    full: (value) => write(value, { weekday: "short", day: "numeric", month: "short", hour: "numeric", minute: "2-digit" }),
    day: (value) => write(value, { weekday: "short", day: "numeric", month: "short", year: "numeric" }),
    brief: (value) => {
      const old = Math.abs(Date.now() - new Date(value)) > 300 * 24 * 60 * 60_000;
      return write(value, old ? { day: "numeric", month: "short", year: "numeric" } : { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
    },
    time: (value) => write(value, { hour: "numeric", minute: "2-digit" }),
    date: (value) => new Intl.DateTimeFormat(locale(), { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }).format(new Date(`${value}T00:00:00Z`)),
  };
}
