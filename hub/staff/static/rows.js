// One row of the list: whose thread it is, what was said last, how long they wait.

import { fill, h, hidden, icon } from "./dom.js";

export const CHANNELS = { sms: "message-square", voice: "phone", email: "mail", push: "bell", portal: "shield-check" };
const SOON = 15 * 60_000;

// A number of North America as it is written there; others as they are.
export const readable = (shown) => shown.replace(/^\+1(\d{3})(\d{3})(\d{4})$/, "($1) $2-$3");


export const chip = (kind, ...words) => h("span", { class: `chip ${kind}` }, ...words);

// The person's initials, with the channel they wrote by last.
export function avatar(row) {
  return h("span", { class: `av${row.known ? "" : " unknown"}`, "aria-hidden": "true" },
    row.known ? row.initials : icon("user"),
    row.channel && h("span", { class: "ch" }, icon(CHANNELS[row.channel] ?? "message-square")));
}

function author(w, preview, row) {
  if (preview.draft) {
    return h("b", { class: "draft" }, `${w.t("draft")}: `);
  }
  const { kind, name } = preview.author;
  if (kind === "patient") {
    return null;
  }
  if (kind === "bot") {
    return `${w.t("assistant")}: `;
  }
  return kind === "staff" ? `${preview.mine || name === row.me ? w.t("you") : name}: ` : "";
}

// When the team promised an answer, as a chip; null while that is far away.
export function promise(w, row) {
  if (!row.due_at || !row.waiting_since) {
    return null;
  }
  const left = Date.parse(row.due_at) - Date.now();
  if (left < 0) {
    return chip("danger", icon("clock", { small: true }), w.t("overdue", { span: w.span(-left) }));
  }
  return chip(left < SOON ? "warn" : "", icon("clock", { small: true }), w.t("due_in", { span: w.span(left) }));
}

// How long nobody has answered, or when something was said last.
export function moment(w, row) {
  return row.waiting_since
    ? [h("span", { class: "wait" }, icon("hourglass", { small: true }), hidden(`${w.t("waiting")} `), w.span(Date.now() - Date.parse(row.waiting_since)))]
    : [h("time", { datetime: row.last_at }, w.brief(row.last_at))];
}

function chips(app, row) {
  const { w, me } = app;
  return [
    row.priority === 3 && chip("danger strong", icon("siren", { small: true }), w.t("emergency")),
    row.priority === 2 && chip("danger", w.t("urgent")),
    row.priority === 1 && chip("warn", w.t("soon")),
    promise(w, row),
    row.status === "bot" && chip("bot", icon("bot", { small: true }), w.t("assistant")),
    row.status === "snoozed" && chip("", icon("alarm-clock", { small: true }), row.snoozed_until ? w.brief(row.snoozed_until) : w.t("until_reply")),
    row.status === "closed" && chip("", icon("check", { small: true }), w.t("closed")),
    row.blocked && chip("danger", icon("ban", { small: true }), w.t("opted_out")),
    row.mentioned && chip("info", icon("at-sign", { small: true }), w.t("mentioned")),
    row.language && row.language !== me.language && chip("outline", h("abbr", { title: w.tongue(row.language) }, row.language.slice(0, 2).toUpperCase())),
    ...row.labels.slice(0, 3).map((label) => chip(`label ${label.color}`, label.name)),
    row.labels.length > 3 && chip("", `+${row.labels.length - 3}`),
  ];
}

// Draws `row` into its list item; what stays the same is left alone.
export function drawRow(app, item, row) {
  const { w, me } = app;
  const drawn = JSON.stringify(row);
  if (item.drawn === drawn) {
    return;
  }
  item.drawn = drawn;
  const link = item.querySelector("a");
  const needs = Boolean(row.waiting_since);
  link.classList.toggle("needs", needs);
  link.classList.toggle("pinned", row.priority === 3);
  fill(
    link,
    avatar(row),
    h("span", { class: "row-body" },
      h("span", { class: "row-top" },
        h("span", { class: "name" }, readable(row.name)),
        needs && h("span", { class: "dot", role: "img", "aria-label": w.t("needs_reply") }),
        h("span", { class: "when" }, moment(w, row))),
      hidden(row.channel ? `, ${w.t(`channel_${row.channel}`)}. ` : ". "),
      h("span", { class: "row-mid" },
        h("span", { class: "preview", lang: row.preview && !row.preview.draft && row.preview.author.kind === "patient" ? row.language : null },
          row.preview ? [author(w, row.preview, { me: me.name }), row.preview.text || w.t("no_words")] : w.t("no_messages")),
        row.assignee && h("span", { class: `who-has${row.assignee.id === me.id ? " mine" : ""}`, title: row.assignee.name },
          h("span", { "aria-hidden": "true" }, row.assignee.initials || row.assignee.name.slice(0, 2)), hidden(w.t("assigned_to", { name: row.assignee.name })))),
      h("span", { class: "row-chips" }, chips(app, row))),
  );
}

// What changes by itself, as time goes by.
export function tickRow(app, item, row) {
  const when = item.querySelector(".when");
  if (when && row.waiting_since) {
    const words = app.w.span(Date.now() - Date.parse(row.waiting_since));
    if (when.firstChild?.lastChild?.textContent !== words) {
      fill(when, moment(app.w, row));
    }
  }
  if (row.due_at) {
    const place = item.querySelector(".row-chips");
    const fresh = h("span", {}, chips(app, row));
    if (place && place.textContent !== fresh.textContent) {
      fill(place, ...fresh.childNodes);
    }
  }
}

// An empty item for the row with `id`.
export function makeItem(app, id) {
  return h("li", { dataset: { id } },
    h("a", { class: "row", href: `/inbox?thread=${encodeURIComponent(id)}`, tabindex: "-1" }),
    h("label", { class: "pick-row" }, h("input", { type: "checkbox", tabindex: "-1" }), hidden(app.w.t("select"))));
}
