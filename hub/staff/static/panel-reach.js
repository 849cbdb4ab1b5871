// How the person is reached: addresses and how they fare, and what staff do about them.

import { h } from "./dom.js";
import { field, form, opener, select, text, tick, why, Wrong } from "./panel-forms.js";

const REASONS = ["changed", "wrong_number", "reassigned", "asked", "mistake"];

export function reach(context) {
  const { panel, t, may } = context;
  const place = h("div", { class: "pn-place" });
  return [
    panel.addresses.length
      ? h("ul", { class: "pn-list" }, panel.addresses.map((one) => address(context, one)))
      : h("p", { class: "pn-none" }, t("panel_no_address")),
    may("patients:write") && panel.person.known && [opener(t("panel_add_address"), place, (close) => adding(context, close), context.opener), place],
  ];
}

function address(context, one) {
  const { t, coded, moment, may, panel } = context;
  const known = one.address;
  const shown = one.shown || t("panel_push");
  const place = h("div", { class: "pn-place" });
  const state = known.standing === "verified" && known.state !== "ok" ? known.state : known.standing;
  const tones = { verified: "ok", unverified: "warn", suspended: "danger", invalid: "danger", retired: "quiet" };
  const base = `/patients/${encodeURIComponent(panel.person.id)}/addresses/${encodeURIComponent(known.id)}`;
  const act = async (path, body, said) => {
    try {
      await context.api.post(base + path, body);
      context.say(said);
      await context.reload();
    } catch (error) {
      context.say(why(error, t), "danger");
    }
  };
  const buttons = [];
  if (may("patients:write") && panel.person.known) {
    if (known.standing === "unverified") {
      buttons.push(
        h("button", { type: "button", class: "pn-btn small", onclick: () => act("/code", {}, t("panel_code_sent")) }, t("panel_send_code")),
        opener(t("panel_enter_code"), place, (close) => proving(context, base, close), { ...context.opener, quiet: true }),
      );
    }
    if (known.standing === "verified" && known.state === "suspended") {
      buttons.push(h("button", { type: "button", class: "pn-btn small", onclick: () => act("/restore", {}, t("panel_restored")) }, t("panel_restore")));
    }
    if (known.standing !== "retired") {
      buttons.push(opener(t("panel_retire"), place, (close) => retiring(context, base, shown, close), { ...context.opener, quiet: true }));
    }
  }
  return h(
    "li",
    { class: "pn-address" },
    h(
      "div",
      { class: "pn-line" },
      h("span", { class: "pn-value" }, shown),
      // Of a number that is nobody's yet it is only known that somebody wrote from there.
      (panel.person.known || state !== "verified") && h("span", { class: `pn-chip ${tones[state]}` }, coded("panel_state", state)),
    ),
    h(
      "p",
      { class: "pn-small" },
      known.standing === "retired"
        ? t("panel_retired_why", { why: coded("panel_reason", known.reason ?? ""), when: known.at ? moment.day(known.at) : "" })
        : state === "suspended" || state === "invalid"
          ? t("panel_because", { why: coded("panel_reason", known.reason || state) })
          : t("panel_proved", { how: coded(state === "unverified" ? "panel_claim" : "panel_how", known.how), when: known.at ? moment.day(known.at) : "" }),
    ),
    one.shared > 0 && h("p", { class: "pn-small" }, t(one.shared === 1 ? "panel_shared_one" : "panel_shared", { n: one.shared })),
    one.last &&
      h(
        "p",
        { class: "pn-small" },
        t("panel_last", { state: coded("panel_delivery", one.last.state), channel: coded("panel_channel", one.last.channel), when: moment.brief(one.last.at) })
          // Spanish ends a time with a full stop of its own.
          .replace(/\.\.$/, "."),
        one.last.reason && h("span", { class: "pn-reason" }, ` ${t.why(one.last.code, one.last.reason)}`),
      ),
    buttons.length > 0 && h("div", { class: "pn-buttons" }, buttons),
    place,
  );
}

function adding(context, close) {
  const { t, panel } = context;
  const value = text("value", { required: "", inputmode: "email", maxlength: "254" });
  return form(t, {
    label: t("panel_add_address"),
    submit: t("panel_add"),
    close,
    children: [field(t("panel_new_address"), value), tick("vouched", t("panel_vouched"))],
    send: async (made) => {
      if (!value.value.trim()) {
        throw new Wrong(t("panel_say_address"));
      }
      const body = { value: value.value.trim(), vouched: made.elements.vouched.checked };
      await context.api.post(`/patients/${encodeURIComponent(panel.person.id)}/addresses`, body);
      context.say(t(body.vouched ? "panel_added" : "panel_added_unproved"));
      close();
      await context.reload();
    },
  });
}

function proving(context, base, close) {
  const { t } = context;
  const code = text("code", { inputmode: "numeric", maxlength: "12", autocomplete: "one-time-code" });
  return form(t, {
    label: t("panel_enter_code"),
    submit: t("panel_verify"),
    close,
    children: field(t("panel_code"), code, t("panel_code_hint")),
    send: async () => {
      await context.api.post(`${base}/verify`, { code: code.value.trim() });
      context.say(t("panel_verified"));
      close();
      await context.reload();
    },
  });
}

function retiring(context, base, shown, close) {
  const { t } = context;
  const reason = select("reason", REASONS.map((one) => [one, t(`panel_reason_${one}`)]));
  return form(t, {
    label: t("panel_retire"),
    submit: t("panel_retire"),
    danger: true,
    close,
    children: [h("p", {}, t("panel_retire_what", { address: shown })), field(t("panel_why"), reason)],
    send: async () => {
      await context.api.post(`${base}/retire`, { reason: reason.value });
      context.say(t("panel_retired"));
      close();
      await context.reload();
    },
  });
}
