// What whoever opens the thread must know first: an emergency, the assistant's doings, a closed or snoozed thread.

import { fill, h, icon } from "./dom.js";
import { readable } from "./rows.js";

export function banners(app, place, opened) {
  const { w } = app;
  const { row } = opened;
  const can = app.may("threads:write");
  const parts = [];
  if (row.priority === 3 && row.status !== "closed") {
    const phone = opened.ways.find((way) => way.channel === "voice" || way.channel === "sms");
    parts.push(h("div", { class: "banner danger", role: "group", "aria-label": w.t("emergency") },
      icon("siren"),
      h("p", {}, h("b", {}, w.coded("attention", row.attention || "emergency")), " ", w.t("emergency_do")),
      h("div", { class: "banner-tools" },
        phone && /\d/.test(phone.shown) && h("a", { class: "btn small", href: `tel:${phone.shown.replace(/[^\d+]/g, "")}` }, icon("phone", { small: true }), readable(phone.shown)),
        can && h("button", { type: "button", class: "btn small danger", onclick: () => app.do.close() }, w.t("resolve")))));
  } else if (row.attention && row.status !== "closed") {
    parts.push(h("div", { class: "banner warn slim" }, icon("info"), h("p", {}, w.coded("attention", row.attention))));
  }
  if (row.status === "bot") {
    parts.push(h("div", { class: "banner bot" },
      icon("bot"),
      h("p", {}, h("b", {}, w.t("bot_answers")), " ", w.t("bot_stops")),
      can && h("div", { class: "banner-tools" }, h("button", { type: "button", class: "btn small", onclick: () => app.do.takeOver() }, w.t("take_over"), h("kbd", {}, "T")))));
  }
  if (opened.collected.length) {
    parts.push(h("details", { class: "banner collected", open: (place.dataset.collected ?? (app.wide() ? "open" : "closed")) === "open", ontoggle: (event) => (place.dataset.collected = event.currentTarget.open ? "open" : "closed") },
      h("summary", {}, icon("sparkles"), h("b", {}, w.t("collected")), icon("chevron-down", { small: true })),
      h("dl", {}, opened.collected.map(({ what, value }) => [h("dt", {}, what), h("dd", {}, value)]))));
  }
  if (row.status === "snoozed") {
    parts.push(h("div", { class: "banner slim" }, icon("alarm-clock"), h("p", {}, row.snoozed_until ? w.t("snoozed_until", { when: w.full(row.snoozed_until) }) : w.t("snoozed_reply")),
      can && h("div", { class: "banner-tools" }, h("button", { type: "button", class: "btn small", onclick: () => app.do.reopen() }, w.t("wake")))));
  }
  if (row.status === "closed") {
    parts.push(h("div", { class: "banner slim" }, icon("check-check"), h("p", {}, w.t("is_closed"))));
  }
  if (place.drawn !== JSON.stringify([row.priority, row.status, row.attention, row.snoozed_until, opened.collected, opened.ways, row.id])) {
    place.drawn = JSON.stringify([row.priority, row.status, row.attention, row.snoozed_until, opened.collected, opened.ways, row.id]);
    fill(place, parts);
  }
}
