// When something is to happen: in an hour, tomorrow morning, on a day of one's choice; all by the clinic's clock.

import { ask } from "./dialog.js";
import { h } from "./dom.js";

const HOUR = 3_600_000;
const MORNING = 9;
const AFTERNOON = 14;

const presets = (w) => {
  const monday = ((8 - w.weekday()) % 7) || 7;
  return [
    ["when_hour", new Date(Math.ceil((Date.now() + HOUR) / 300_000) * 300_000)],
    ["when_afternoon", w.dayAt(0, AFTERNOON)],
    ["when_tomorrow", w.dayAt(1, MORNING)],
    ["when_monday", w.dayAt(monday, MORNING)],
  ].filter(([name, when], index, all) => when - Date.now() > 10 * 60_000 && !(name === "when_monday" && monday === 1 && all.length));
};

export const laterItems = (w, chosen, other) => [
  ...presets(w).map(([name, when]) => ({ label: w.t(name), hint: w.full(when), icon: "clock", run: () => chosen(when) })),
  null,
  { label: w.t("when_other"), icon: "calendar-clock", run: other },
];

// Asks for a day and an hour. Resolves with the moment, or null.
export async function askWhen(w, { title }) {
  const start = w.onWall(w.dayAt(1, MORNING));
  const field = h("input", { type: "datetime-local", id: "when", value: start, min: w.onWall(Date.now()), required: true });
  const said = await ask(w.t, {
    title,
    body: [h("label", { for: "when" }, w.t("when_label")), field, h("p", { class: "hint" }, w.t("when_zone", { zone: w.zone.replaceAll("_", " ") }))],
    buttons: [[w.t("cancel"), null], [w.t("when_set"), "set", "primary"]],
    check: () => (!field.value || w.fromWall(field.value) <= new Date() ? w.t("when_past") : null),
    focus: field,
  });
  return said ? w.fromWall(field.value) : null;
}
