// One entry of a thread: what was said, by whom, by which channel, and how far it has come.

import { fill, h, hidden, icon } from "./dom.js";
import { CHANNELS } from "./rows.js";

const STATES = {
  queued: "clock", held: "circle-pause", sending: "send-horizontal", sent: "check", delivered: "check-check",
  read: "check-check", failed: "circle-alert", suppressed: "ban",
};
const GAP = 10 * 60_000;

// Whether `line` needs its own head: another author, another channel, or a while later.
const heads = (line, previous) =>
  !previous || previous.kind !== "message" || previous.direction !== line.direction ||
  previous.author?.name !== line.author?.name || previous.author?.kind !== line.author?.kind ||
  previous.channel !== line.channel || Date.parse(line.at) - Date.parse(previous.at) > GAP;

function head(app, line, row) {
  const { w } = app;
  const { kind, name } = line.author ?? { kind: "system", name: "" };
  const by = line.channel && h("span", { class: "by" }, icon(CHANNELS[line.channel], { small: true }), w.t(`channel_${line.channel}`));
  if (line.direction === "note") {
    return h("p", { class: "who" }, icon("lock", { small: true }), h("b", {}, line.mine ? w.t("you") : name || w.t(`author_${kind}`)), h("span", {}, w.t("note_hidden")));
  }
  if (kind === "bot") {
    return h("p", { class: "who" }, icon("bot", { small: true }), h("b", {}, w.t("assistant")), h("span", {}, w.t("automated")), by);
  }
  if (kind === "patient") {
    return h("p", { class: "who" }, h("b", {}, name || row.name), by);
  }
  if (kind === "staff") {
    return h("p", { class: "who" }, h("b", {}, line.mine ? w.t("you") : name), by);
  }
  return h("p", { class: "who" }, h("b", {}, w.t(`author_${kind}`)), by);
}

const size = (octets) => (octets >= 1_048_576 ? `${(octets / 1_048_576).toFixed(1)} MB` : `${Math.max(1, Math.round(octets / 1024))} KB`);

function files(app, line) {
  return line.attachments.length > 0 && h("ul", { class: "files" }, line.attachments.map((file) => {
    const words = [icon("file"), h("span", {}, h("span", { class: "file-name" }, file.name), h("small", {}, [file.size && size(file.size), file.reason || (file.href ? "" : app.w.coded("file", file.state))].filter(Boolean).join(" · ")))];
    return h("li", {}, file.href ? h("a", { href: file.href, target: "_blank", rel: "noopener noreferrer", class: "file" }, words, icon("download", { small: true })) : h("span", { class: "file" }, words));
  }));
}

function body(line) {
  if (!line.text) {
    return null;
  }
  if (!line.mentions.length) {
    return line.text;
  }
  // The names of those who were mentioned stand out.
  const names = line.mentions.map((one) => `@${one.name}`);
  const parts = [];
  let rest = line.text;
  while (rest) {
    const [place, name] = names.map((one) => [rest.indexOf(one), one]).filter(([index]) => index >= 0).toSorted((one, other) => one[0] - other[0])[0] ?? [];
    if (name === undefined) {
      break;
    }
    parts.push(rest.slice(0, place), h("b", { class: "mention" }, name));
    rest = rest.slice(place + name.length);
  }
  return [...parts, rest];
}

function state(app, line, row) {
  const { w } = app;
  const delivery = line.delivery;
  const time = h("time", { datetime: line.at, title: w.full(line.at) }, w.time(line.at));
  const now = Date.now();
  if (line.not_before && Date.parse(line.not_before) > now && delivery && ["queued", "held"].includes(delivery.state) && !(line.undo_until && Date.parse(line.undo_until) - now < 60_000)) {
    return h("p", { class: "meta" }, icon("calendar-clock", { small: true }), w.t("leaves", { when: w.full(line.not_before) }), line.mine && h("button", { type: "button", class: "link", onclick: () => app.undo(line) }, w.t("cancel_send")));
  }
  if (line.undo_until && Date.parse(line.undo_until) > now && delivery?.state !== "suppressed") {
    const seconds = Math.ceil((Date.parse(line.undo_until) - now) / 1000);
    return h("p", { class: "meta" }, icon("clock", { small: true }), h("span", { class: "countdown" }, w.t("sending_in", { n: seconds })), line.mine && h("button", { type: "button", class: "link", onclick: () => app.undo(line) }, w.t("undo")));
  }
  if (!delivery) {
    return h("p", { class: "meta" }, time);
  }
  const withdrawn = delivery.code === "withdrawn";
  const words = withdrawn ? w.t("withdrawn") : w.t(`state_${delivery.state}`);
  const bad = delivery.state === "failed" || (delivery.state === "suppressed" && !withdrawn);
  const shown = h("span", { class: `state ${withdrawn ? "withdrawn" : delivery.state}` }, icon(withdrawn ? "undo-2" : STATES[delivery.state], { small: true }), bad && delivery.reason ? `${words}: ${w.why(delivery.code, delivery.reason).replace(/\.$/, "")}` : words);
  const held = delivery.state === "held" && (delivery.until ? w.t("held_until", { when: w.full(delivery.until) }) : w.why(delivery.code, delivery.reason));
  const history = delivery.history.length > 0 && h("details", { class: "history" },
    h("summary", { title: w.t("history") }, shown, hidden(`. ${w.t("history")}`)),
    h("ol", {}, delivery.history.map((step) => h("li", {}, icon(STATES[step.state], { small: true }), h("span", {}, `${w.t(`state_${step.state}`)} · ${w.t(`channel_${step.channel}`)}`, step.reason && h("small", {}, w.why(step.code, step.reason))), h("time", {}, w.full(step.at))))));
  const others = bad && line.mine !== undefined && line.direction === "outbound" && app.may("messages:write") && line.author?.kind === "staff";
  const ways = others ? (app.store.opened.get(row.id)?.ways ?? []).filter((way) => way.allowed && way.channel !== line.channel) : [];
  return h("p", { class: `meta${bad ? " bad" : ""}` }, time, "·", history || shown, held && h("span", {}, `· ${held}`),
    others && [
      h("button", { type: "button", class: "link", onclick: () => app.again(line, line.channel) }, w.t("retry")),
      ways.slice(0, 2).map((way) => h("button", { type: "button", class: "link", onclick: () => app.again(line, way.channel) }, w.t("send_by", { channel: w.t(`channel_${way.channel}_in`) }))),
    ]);
}

export function drawLine(app, line, row, previous) {
  const { kind } = line.author ?? { kind: "system" };
  const side = line.direction === "note" ? "note" : line.direction === "inbound" ? "in" : kind === "bot" ? "out bot" : kind === "staff" ? "out" : "out auto";
  const own = heads(line, previous);
  const pending = line.pending ? ` ${line.pending}` : "";
  const article = h("article", { class: `msg ${side}${own ? "" : " more"}${pending}`, dataset: { id: line.id, seq: String(line.seq) } });
  const said = body(line);
  fill(article,
    side === "in" && (own ? h("span", { class: "av small", "aria-hidden": "true" }, row.known ? row.initials : icon("user", { small: true })) : h("span")),
    h("div", { class: "msg-body" },
      own ? head(app, line, row) : h("p", { class: "vh" }, line.mine ? app.w.t("you") : line.author?.name || (kind === "bot" ? app.w.t("assistant") : row.name)),
      said && h("div", { class: "bubble", lang: line.language || (side === "in" ? row.language : null), dir: "auto" }, said),
      files(app, line),
      line.pending === "failed" ? failed(app, line) : line.pending ? h("p", { class: "meta" }, icon("clock", { small: true }), app.w.t("state_sending")) : state(app, line, row)));
  return article;
}

const failed = (app, line) => h("p", { class: "meta bad", role: "alert" },
  h("span", { class: "state failed" }, icon("circle-alert", { small: true }), line.why),
  h("button", { type: "button", class: "link", onclick: () => app.resend(line) }, app.w.t("retry")),
  h("button", { type: "button", class: "link", onclick: () => app.takeBack(line) }, app.w.t("edit_again")));

// Something that befell the thread, as a sentence.
export function eventWords(app, line, row) {
  const details = { ...line.details };
  for (const [name, value] of Object.entries(details)) {
    if (/^\d{4}-\d\d-\d\dT/.test(value)) {
      details[name] = app.w.full(value);
    }
  }
  const by = app.w.has(`actor_${line.by}`) || !line.by ? app.w.t(`actor_${line.by || "system"}`) : line.by;
  const named = (list, ids) => (ids ?? "").split(" ").map((id) => list.find((one) => one.id === id)?.name).filter(Boolean).join(", ");
  let code = line.event;
  if (code === "assigned" && !details.assignee) {
    code = "unassigned";
  } else if (code === "assigned" && details.assignee_name === by) {
    code = "claimed";
  } else if (code === "labelled" && !details.added) {
    code = "unlabelled";
  } else if (code === "snoozed" && !details.snoozed_until) {
    code = "snoozed_reply";
  }
  return app.w.coded("event", code, {
    assignee_name: "", ...details, by, until: details.snoozed_until ?? "", team_name: named([...app.me.teams, row.team].filter(Boolean), details.team_id) || app.w.t(details.team_id ? "other_team" : "no_team"),
    label_name: named(app.me.labels, details.added || details.removed),
    end: details.disposition ? `: ${app.w.coded("disposition", details.disposition)}` : "",
  });
}

// A stretch of events between messages; several are folded.
export function drawEvents(app, lines, row) {
  const one = (line) => h("p", { class: "event", dataset: { id: line.id } }, h("span", {}, eventWords(app, line, row)), h("time", { datetime: line.at, title: app.w.full(line.at) }, app.w.time(line.at)));
  if (lines.length < 3) {
    return lines.map(one);
  }
  return [h("details", { class: "events", dataset: { id: lines[0].id } }, h("summary", {}, icon("chevron-right", { small: true }), app.w.t("changes", { count: lines.length })), lines.map(one))];
}
