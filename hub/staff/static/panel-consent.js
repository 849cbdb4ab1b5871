// What the person agreed to, with the facts behind it; and by which ways they would like to hear of what.

import { fill, h, hidden } from "./dom.js";
import { field, form, group, opener, select, tick, ticked, Wrong } from "./panel-forms.js";

const PURPOSES = ["care", "appointment", "billing", "survey", "marketing"];
const ASKED = ["sms", "voice", "email"];
const SIGNS = { grant: "✓", revoke: "✕", unknown: "–" };

export function consent(context) {
  const { panel, t, coded, moment, may } = context;
  const place = h("div", { class: "pn-place" });
  const standings = panel.addresses.flatMap((one) => one.consents);
  const channels = ASKED.filter((channel) => standings.some((one) => one.channel === channel));
  // Of several addresses a yes anywhere shows as one; a no is told where nobody said yes.
  const holds = (channel, purpose) => {
    const states = standings.filter((one) => one.channel === channel && one.purpose === purpose).map((one) => one.state);
    return states.includes("grant") ? "grant" : states.includes("revoke") ? "revoke" : "unknown";
  };
  return [
    channels.length > 0 &&
      h(
        "table",
        { class: "pn-table" },
        h("caption", { class: "vh" }, t("panel_consent")),
        h("thead", {}, h("tr", {}, h("td"), channels.map((one) => h("th", { scope: "col" }, coded("panel_channel", one))))),
        h("tbody", {}, PURPOSES.map((purpose) =>
          h("tr", {}, h("th", { scope: "row" }, coded("panel_purpose", purpose)), channels.map((channel) => {
            const state = holds(channel, purpose);
            return h("td", { class: `pn-${state}` }, h("span", { "aria-hidden": "true" }, SIGNS[state]), hidden(coded("panel_holds", state)));
          })))),
      ),
    h("p", { class: "pn-small" }, t("panel_legend")),
    may("consents:write") && channels.length > 0 && [opener(t("panel_record"), place, (close) => recording(context, channels, close), context.opener), place],
    panel.facts.length > 0 &&
      h("details", { class: "pn-facts" }, h("summary", {}, t("panel_facts", { n: panel.facts.length })),
        h("ol", { class: "pn-list" }, panel.facts.map((one) => fact(one)))),
  ];

  function fact(one) {
    const said = one.consent;
    const what = said.purposes ? said.purposes.map((purpose) => coded("panel_purpose", purpose)).join(", ") : t("panel_everything");
    return h(
      "li",
      { class: `pn-fact pn-${said.state}` },
      h("div", { class: "pn-line" }, h("strong", {}, t(`panel_fact_${said.state}`)), h("time", { datetime: said.at }, moment.brief(said.at))),
      h("p", {}, `${said.channels.map((channel) => coded("panel_channel", channel)).join(", ")} · ${what}`),
      h("p", { class: "pn-small" },
        [one.shown, coded("panel_source", said.source), one.by && t("panel_by", { name: one.by }), said.written && t("panel_in_writing")].filter(Boolean).join(" · ")),
      said.evidence.words && h("blockquote", {}, said.evidence.words),
    );
  }
}

function recording(context, channels, close) {
  const { t, coded } = context;
  const state = select("state", [["grant", t("panel_agrees")], ["revoke", t("panel_refuses")]]);
  const words = h("textarea", { name: "words", rows: "3", maxlength: "2000", required: "" });
  return form(t, {
    label: t("panel_record"),
    submit: t("panel_record_it"),
    close,
    children: [
      field(t("panel_person"), state),
      group(t("panel_by_channel"), channels.map((one) => tick("channels", coded("panel_channel", one), { value: one, checked: one === channels[0] }))),
      group(t("panel_for"), PURPOSES.map((one) => tick("purposes", coded("panel_purpose", one), { value: one, checked: one === "care" || one === "appointment" }))),
      field(t("panel_words"), words, t("panel_words_hint")),
      tick("written", t("panel_signed")),
    ],
    send: async (made) => {
      const chosen = { channels: ticked(made, "channels"), purposes: ticked(made, "purposes") };
      if (!chosen.channels.length || !chosen.purposes.length) {
        throw new Wrong(t("panel_tick_some"));
      }
      if (!words.value.trim()) {
        throw new Wrong(t("panel_say_words"));
      }
      const done = await context.api.post(`${context.base}/consent`, {
        state: state.value, ...chosen, words: words.value.trim(), written: made.elements.written.checked,
      });
      const stands = done.stands.map((one) => coded("panel_channel", one)).join(", ");
      const waits = done.items.some((one) => one.pending) && "panel_pending";
      context.say(stands ? t("panel_stands", { channels: stands }) : t(waits || "panel_recorded"), stands || waits ? "warn" : "ok");
      close();
      await context.reload();
    },
  });
}

export function wishes(context) {
  const { panel, t, coded, may } = context;
  const kept = panel.wishes;
  const language = h("div", { class: "pn-place" });
  return [
    h(
      "dl",
      { class: "pn-facts-list" },
      kept.purposes.map((one) => {
        const place = h("div", { class: "pn-place" });
        const ways = one.order.filter((channel) => !one.off.includes(channel));
        return [
          h("dt", {}, coded("panel_purpose", one.purpose)),
          h(
            "dd",
            {},
            h("span", {}, ways.length ? ways.map((channel) => coded("panel_channel", channel)).join(" → ") : t("panel_no_way")),
            one.off.length > 0 && h("span", { class: "pn-small" }, t("panel_not_by", { channels: one.off.map((channel) => coded("panel_channel", channel)).join(", ") })),
            may("patients:write") && kept.channels.length > 0 &&
              [opener(t("panel_change"), place, (close) => wishing(context, one, close), { ...context.opener, quiet: true }), place],
          ),
        ];
      }),
    ),
    h("h4", {}, t("panel_content")),
    kept.whole.length
      ? h("ul", { class: "pn-list" }, kept.whole.map((channel) =>
          h("li", { class: "pn-line" }, h("span", {}, t("panel_whole", { channel: coded("panel_channel", channel) })),
            may("patients:write") && h("button", { type: "button", class: "pn-btn small", onclick: () => context.act("/shorter", { channel }, t("panel_saved")) }, t("panel_shorter")))))
      : h("p", { class: "pn-small" }, t("panel_short")),
    h("h4", {}, t("panel_language")),
    h("p", {}, panel.person.language ? context.tongue(panel.person.language) : t("panel_unknown"), panel.timezone && h("span", { class: "pn-small" }, panel.timezone.replaceAll("_", " "))),
    may("patients:write") && [opener(t("panel_change_language"), language, (close) => speaking(context, close), { ...context.opener, quiet: true }), language],
  ];
}

function wishing(context, one, close) {
  const { t, coded } = context;
  let order = [...one.order];
  const off = new Set(one.off);
  const list = h("ol", { class: "pn-order" });
  const draw = (at = null) => {
    fill(list, order.map((channel, index) => {
      const name = coded("panel_channel", channel);
      const up = h("button", { type: "button", class: "pn-btn small", disabled: index === 0, "aria-label": t("panel_up", { channel: name }), onclick: () => {
        order.splice(index, 1);
        order.splice(index - 1, 0, channel);
        draw(channel);
      } }, "↑");
      const use = tick("use", name, { value: channel, checked: !off.has(channel), disabled: channel === "portal" });
      use.querySelector("input").addEventListener("change", (event) => (event.target.checked ? off.delete(channel) : off.add(channel)));
      const item = h("li", { class: "pn-line" }, use, up);
      if (channel === at) {
        queueMicrotask(() => (up.disabled ? use.querySelector("input") : up).focus());
      }
      return item;
    }));
  };
  draw();
  return form(t, {
    label: coded("panel_purpose", one.purpose),
    submit: t("panel_save"),
    close,
    children: [h("p", { class: "pn-small" }, t("panel_order_hint")), list],
    send: async () => {
      await context.api.post(`${context.base}/preference`, { purpose: one.purpose, order, off: [...off] });
      context.say(t("panel_saved"));
      close();
      await context.reload();
    },
  });
}

function speaking(context, close) {
  const { t, panel } = context;
  const chosen = select("language", [["en", context.tongue("en")], ["es", context.tongue("es")]], panel.person.language ?? "en");
  return form(t, {
    label: t("panel_change_language"),
    submit: t("panel_save"),
    close,
    children: field(t("panel_language"), chosen),
    send: async () => {
      await context.api.post(`${context.base}/language`, { language: chosen.value });
      context.say(t("panel_saved"));
      close();
      await context.reload();
    },
  });
}
