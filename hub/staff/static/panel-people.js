// Who is who: others on the number, who acts for whom, an unknown sender linked to a person, two records made one.

import { fill, h } from "./dom.js";
import { field, form, opener, text, tick, why, Wrong } from "./panel-forms.js";

export function others(context) {
  const { panel, t, coded, moment } = context;
  const right = (one, words) =>
    h("li", {}, h("p", {}, words, " ", one.name ? named(context, one.name, one.thread) : t("panel_somebody")),
      h("p", { class: "pn-small" }, [coded("panel_right", one.kind), one.holds.map((scope) => coded("panel_scope", scope)).join(", "), one.until && t("panel_until", { when: moment.day(one.until) })].filter(Boolean).join(" · ")));
  return [
    panel.others.length > 0 && [h("h4", {}, t("panel_others")), h("ul", { class: "pn-list" }, panel.others.map((one) =>
      h("li", {}, h("p", {}, one.card ? named(context, one.card.name, one.card.thread) : t("panel_somebody")), h("p", { class: "pn-small" }, one.card ? facts(context, one.card, one.shown) : one.shown))))],
    panel.acted_for_by.length > 0 && [h("h4", {}, t("panel_proxies")), h("ul", { class: "pn-list" }, panel.acted_for_by.map((one) => right(one, t("panel_acted_by"))))],
    panel.acts_for.length > 0 && [h("h4", {}, t("panel_wards")), h("ul", { class: "pn-list" }, panel.acts_for.map((one) => right(one, t("panel_acts_for"))))],
  ];
}

// What can be done about who this is: shown below the name.
export function identity(context) {
  const { panel, t, may } = context;
  const place = h("div", { class: "pn-place" });
  const { kind } = panel.person;
  const made = [];
  if (kind === "line") {
    const told = panel.writing;
    made.push(
      told && h("p", { class: "pn-note" }, t("panel_writing_now"), " ", told.card ? named(context, told.card.name, told.card.thread) : t("panel_somebody"),
        h("span", { class: "pn-small" }, t("panel_said_by", { name: told.by, when: context.moment.brief(told.at) }))),
    );
    if (may("patients:write")) {
      made.push(opener(t("panel_who_writes"), place, (close) => telling(context, close), context.opener));
    }
  }
  if (kind === "unidentified" && may("patients:write")) {
    made.push(opener(t("panel_link"), place, (close) => joining(context, "link", close), context.opener));
  }
  if (kind !== "unidentified" && kind !== "line" && may("threads:merge")) {
    made.push(opener(t("panel_merge"), place, (close) => joining(context, "merge", close), { ...context.opener, quiet: true }));
  }
  return [made, place];
}

const facts = (context, card, shown = card.reach[0]) =>
  [card.birth_date && context.t("panel_born", { when: context.moment.date(card.birth_date) }), card.mrn && `${context.t("panel_mrn")} ${card.mrn}`, shown].filter(Boolean).join(" · ");

function named(context, name, thread) {
  return thread && thread !== context.panel.thread
    ? h("button", { type: "button", class: "pn-link", onclick: () => context.open(thread) }, name)
    : h("strong", {}, name);
}

function telling(context, close) {
  const { t, panel } = context;
  const cards = panel.others.map((one) => one.card).filter(Boolean);
  return form(t, {
    label: t("panel_who_writes"),
    submit: t("panel_save"),
    close,
    children: [
      h("p", { class: "pn-small" }, t("panel_who_writes_hint")),
      h("fieldset", { class: "pn-group" }, h("legend", {}, t("panel_person")), cards.map((one, index) =>
        h("label", { class: "pn-tick" }, h("input", { type: "radio", name: "person", value: one.id, checked: index === 0 }), h("span", {}, one.name, h("span", { class: "pn-small" }, facts(context, one)))))),
    ],
    send: async (made) => {
      const person = made.elements.person?.value;
      if (!person) {
        throw new Wrong(t("panel_nobody_here"));
      }
      await context.api.post(`${context.base}/writing`, { person });
      context.say(t("panel_saved"));
      close();
      await context.reload();
    },
  });
}

// Search, look at both, say why, confirm.
function joining(context, verb, close) {
  const { t } = context;
  const box = h("section", { class: "pn-form", "aria-label": t(`panel_${verb}`) });
  const q = text("q", { type: "search", maxlength: "120" });
  const found = h("div", { class: "pn-found", "aria-live": "polite" });
  const cancel = () => h("div", { class: "pn-buttons" }, h("button", { type: "button", class: "pn-btn", onclick: close }, t("panel_cancel")));
  let asked = 0;
  let timer = 0;
  const look = async () => {
    const mine = (asked += 1);
    const typed = q.value.trim();
    if (typed.length < 2) {
      fill(found);
      return;
    }
    try {
      const people = await context.api.get(`${context.base}/people?q=${encodeURIComponent(typed)}`);
      if (mine === asked) {
        fill(
          found,
          people.items.length
            ? h("ul", { class: "pn-list" }, people.items.map((one) =>
                h("li", {}, h("button", { type: "button", class: "pn-slot", onclick: () => preview(one) }, h("strong", {}, one.name), h("span", {}, facts(context, one))))))
            : h("p", { class: "pn-none" }, t("panel_nobody")),
          !people.complete && h("p", { class: "pn-small" }, t("panel_not_all")),
        );
      }
    } catch (error) {
      fill(found, h("p", { class: "pn-wrong", role: "alert" }, why(error, t)));
    }
  };
  q.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, 200);
  });
  const preview = async (one) => {
    try {
      fill(box, confirming(context, verb, await context.api.get(`${context.base}/join?into=${encodeURIComponent(one.id)}`), { close, back: start }));
      box.querySelector("textarea, button")?.focus();
    } catch (error) {
      fill(found, h("p", { class: "pn-wrong", role: "alert" }, why(error, t)));
    }
  };
  const start = () => fill(box, field(t("panel_search"), q, t("panel_search_hint")), found, cancel());
  box.addEventListener("keydown", (event) => event.key === "Escape" && (event.stopPropagation(), close()));
  start();
  return box;
}

function confirming(context, verb, join, { close, back }) {
  const { t } = context;
  const side = (card, words) =>
    h("div", { class: "pn-card" }, h("span", { class: "pn-small" }, words), h("strong", {}, card.name || t("panel_unknown")), h("span", { class: "pn-small" }, facts(context, card)));
  const moves = Object.entries(join.moves).filter(([, count]) => count > 0);
  const shown = [
    side(join.whose, t("panel_this")),
    h("p", { class: "pn-arrow", "aria-hidden": "true" }, "↓"),
    side(join.into, t("panel_becomes")),
    h("h3", {}, t("panel_what_moves")),
    moves.length ? h("ul", { class: "pn-moves" }, moves.map(([what, count]) => h("li", {}, t(`panel_moves_${what}`, { n: count })))) : h("p", { class: "pn-small" }, t("panel_nothing_moves")),
    join.refused && h("p", { class: "pn-wrong" }, join.refused),
  ];
  if (join.refused && !join.force) {
    return [shown, h("div", { class: "pn-buttons" }, h("button", { type: "button", class: "pn-btn", onclick: back }, t("panel_back")), h("button", { type: "button", class: "pn-btn", onclick: close }, t("panel_cancel")))];
  }
  const reason = h("textarea", { name: "reason", rows: "2", maxlength: "500" });
  return form(t, {
    label: t(`panel_${verb}`),
    submit: t(`panel_${verb}_it`),
    danger: true,
    close,
    children: [shown, field(t("panel_why"), reason), join.force && tick("force", t("panel_force")), h("p", { class: "pn-small" }, t("panel_for_good"))],
    send: async (made) => {
      if (!reason.value.trim()) {
        throw new Wrong(t("panel_say_why"));
      }
      if (join.force && !made.elements.force.checked) {
        throw new Wrong(t("panel_tick_force"));
      }
      const done = await context.api.post(`${context.base}/${verb}`, { into: join.into.id, reason: reason.value.trim(), force: Boolean(made.elements.force?.checked) });
      context.say(t(verb === "link" ? "panel_linked" : "panel_merged", { name: join.into.name }));
      close();
      context.open(done.thread);
    },
  });
}
