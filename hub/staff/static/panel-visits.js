// Visits: those to come and those that were; a time found, kept, read back, and only then booked.

import { fill, h } from "./dom.js";
import { field, form, kindOf, newKey, opener, select, tick, why } from "./panel-forms.js";

export function visits(context) {
  const { panel, t, coded, may } = context;
  const place = h("div", { class: "pn-place" });
  const books = may("appointments:write") && panel.person.known;
  return [
    panel.next.length
      ? h("ul", { class: "pn-list" }, panel.next.map((one) => upcoming(one)))
      : h("p", { class: "pn-none" }, t("panel_no_visit")),
    books && [opener(t("panel_book"), place, (close) => finding(context, null, close), context.opener), place],
    !panel.person.known && h("p", { class: "pn-small" }, t("panel_book_unknown")),
    panel.past.length > 0 &&
      h("details", { class: "pn-facts" }, h("summary", {}, t("panel_past", { n: panel.past.length })),
        h("ul", { class: "pn-list" }, panel.past.map((one) =>
          h("li", { class: "pn-visit past" }, described(context, one), h("span", { class: "pn-chip quiet" }, coded("panel_visit", one.status)))))),
  ];

  function upcoming(one) {
    const below = h("div", { class: "pn-place" });
    return h(
      "li",
      { class: "pn-visit" },
      described(context, one),
      books &&
        h("div", { class: "pn-buttons" },
          opener(t("panel_move"), below, (close) => finding(context, one, close), { ...context.opener, quiet: true }),
          opener(t("panel_cancel_visit"), below, (close) => cancelling(context, one, close), { ...context.opener, quiet: true })),
      below,
    );
  }
}

function described(context, one) {
  return h(
    "div",
    {},
    h("p", { class: "pn-when" }, h("time", { datetime: one.start }, context.moment.full(one.start))),
    h("p", { class: "pn-small" }, `${one.visit_type} · ${one.provider}`),
    h("p", { class: "pn-small" }, `${one.location} · ${context.t("panel_minutes", { n: one.minutes })}`),
  );
}

// Looking for a time, to book it or to move `moving` to it.
function finding(context, moving, close) {
  const { t } = context;
  const filters = h("div", { class: "pn-filters" });
  const found = h("div", { class: "pn-times", "aria-live": "polite" });
  const wrong = h("p", { class: "pn-wrong", role: "alert" });
  const box = h("section", { class: "pn-form", "aria-label": t(moving ? "panel_move" : "panel_book") });
  let asked = 0;

  const look = async (told = "") => {
    const mine = (asked += 1);
    const values = new URLSearchParams();
    for (const control of filters.querySelectorAll("select, input")) {
      if (control.value) {
        values.set(control.name, control.value);
      }
    }
    if (moving) {
      values.set("visit_type", moving.visit_type);
    }
    try {
      const times = await context.api.get(`${context.base}/times?${values}`);
      if (mine === asked) {
        if (!filters.childElementCount) {
          drawFilters(times);
        }
        wrong.textContent = told;
        drawTimes(times, values.has("visit_type"));
      }
    } catch (error) {
      wrong.textContent = why(error, t);
    }
  };

  const drawFilters = (times) => {
    const any = [["", t("panel_any")]];
    const names = (list) => list.map((one) => [one, one]);
    fill(
      filters,
      !moving && field(t("panel_visit_type"), select("visit_type", [["", t("panel_choose")], ...names(times.visit_types)])),
      h("details", { class: "pn-facts" }, h("summary", {}, t("panel_narrow")), h("div", { class: "pn-filters" },
        field(t("panel_provider"), select("provider", [...any, ...names(times.providers)])),
        field(t("panel_location"), select("location", [...any, ...names(times.locations)])),
        field(t("panel_from"), h("input", { type: "date", name: "first" })),
        field(t("panel_to"), h("input", { type: "date", name: "last" })),
        field(t("panel_part"), select("part", [...any, ["morning", t("panel_morning")], ["afternoon", t("panel_afternoon")]])))),
    );
    filters.addEventListener("change", () => look());
    filters.querySelector("select")?.focus();
  };

  const drawTimes = (times, chosen) => {
    if (!chosen) {
      fill(found, h("p", { class: "pn-small" }, t("panel_choose_type")));
      return;
    }
    const days = Map.groupBy ? Map.groupBy(times.items, (one) => context.moment.day(one.start)) : grouped(times.items, context);
    fill(
      found,
      !times.items.length && h("p", { class: "pn-none" }, t("panel_no_times")),
      times.items.length > 0 && !times.exact && h("p", { class: "pn-small" }, t("panel_nearest")),
      [...days].map(([day, slots]) => [
        h("h4", {}, day),
        h("ul", { class: "pn-slots" }, slots.map((one) =>
          h("li", {}, h("button", { type: "button", class: "pn-slot", onclick: (event) => keep(one, event.currentTarget) },
            h("strong", {}, context.moment.time(one.start)), h("span", {}, one.provider), h("span", {}, one.location))))),
      ]),
    );
  };

  const keep = async (one, button) => {
    button.disabled = true;
    try {
      const kept = await context.api.post(`${context.base}/hold`, { key: newKey(), slot: one.id });
      fill(box, checking(context, kept.time, moving, {
        close,
        taken: async (told) => {
          fill(box, filters, wrong, found, end);
          await look(told);
        },
      }));
      box.querySelector("button[type=submit]")?.focus();
    } catch (error) {
      await look(why(error, t));
    }
  };

  const end = h("div", { class: "pn-buttons" }, h("button", { type: "button", class: "pn-btn", onclick: close }, t("panel_cancel")));
  box.addEventListener("keydown", (event) => event.key === "Escape" && (event.stopPropagation(), close()));
  fill(box, h("p", { class: "pn-small" }, t("panel_looking")), end);
  look().then(() => !box.querySelector("form") && fill(box, filters, wrong, found, end));
  return box;
}

function grouped(items, context) {
  const days = new Map();
  for (const one of items) {
    const day = context.moment.day(one.start);
    days.set(day, [...(days.get(day) ?? []), one]);
  }
  return days;
}

// The time that is kept, to be read back to the person before it is booked.
function checking(context, time, moving, { close, taken }) {
  const { t } = context;
  const key = newKey();
  return form(t, {
    label: t("panel_check"),
    submit: t(moving ? "panel_move_it" : "panel_book_it"),
    close,
    children: [
      h("p", { class: "pn-small" }, t("panel_read_back")),
      moving && h("p", { class: "pn-was" }, context.moment.full(moving.start)),
      described(context, time),
      tick("tell", t("panel_tell"), { checked: true }),
    ],
    send: async (made) => {
      const body = { key, slot: time.id, tell: made.elements.tell.checked };
      try {
        const path = moving ? "/move" : "/book";
        const done = await context.api.post(context.base + path, moving ? { ...body, visit: moving.id } : body);
        const said = t(moving ? "panel_moved" : "panel_booked", { when: context.moment.full(done.visit.start), provider: done.visit.provider });
        context.say([said, told(context, done.told)].filter(Boolean).join(" "), done.told?.decision === "skip" ? "warn" : "ok");
        close();
        await context.reload();
      } catch (error) {
        if (kindOf(error) === "slot-taken") {
          await taken(t("panel_taken"));
          return;
        }
        throw error;
      }
    },
  });
}

function cancelling(context, visit, close) {
  const { t } = context;
  const key = newKey();
  return form(t, {
    label: t("panel_cancel_visit"),
    submit: t("panel_cancel_it"),
    danger: true,
    close,
    children: [h("p", {}, t("panel_cancel_what", { when: context.moment.full(visit.start), provider: visit.provider })), tick("tell", t("panel_tell"), { checked: true })],
    send: async (made) => {
      const done = await context.api.post(`${context.base}/cancel`, { key, visit: visit.id, tell: made.elements.tell.checked });
      context.say([t("panel_cancelled"), told(context, done.told)].filter(Boolean).join(" "), done.told?.decision === "skip" ? "warn" : "ok");
      close();
      await context.reload();
    },
  });
}

function told(context, one) {
  const { t, coded, moment } = context;
  if (!one) {
    return "";
  }
  if (one.decision === "skip") {
    return t("panel_not_told", { why: one.reason });
  }
  const channel = coded("panel_channel", one.channel);
  return one.decision === "hold" ? t("panel_told_later", { channel, when: moment.full(one.until) }) : t("panel_told", { channel });
}
