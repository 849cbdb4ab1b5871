// What was written, on its way: shown in the thread until the hub has it, taken back while it still can be.

import { ask } from "./dialog.js";
import { h } from "./dom.js";
import { drawLine } from "./lines.js";

// `restore(body, mentions)` puts a text back where it was written; `refused(thread, why)` says there why it did not go.
export function makeSending(app, { restore, refused }) {
  const { store, api, w } = app;
  const t = w.t;
  // By thread, then by message.
  const outgoing = new Map();
  // What takes the word of a message that can be taken back away again.
  const leaving = new Map();

  const pending = (id) => [...(outgoing.get(id)?.values() ?? [])];

  const shown = (body, mentions, pendingState, why = "") => ({
    kind: "message", id: body.id, seq: Number.MAX_SAFE_INTEGER, at: new Date().toISOString(), direction: body.kind === "note" ? "note" : "outbound",
    author: { kind: "staff", name: app.me.name }, mine: true, channel: body.channel, text: body.text, language: "", attachments: [], delivery: null, mentions,
    pending: pendingState, why, body,
  });
  const mark = (body, line) => {
    const mine = outgoing.get(body.thread) ?? outgoing.set(body.thread, new Map()).get(body.thread);
    if (line) {
      mine.set(body.id, line);
    } else {
      mine.delete(body.id);
    }
    if (store.current === body.thread && store.opened.has(body.thread)) {
      app.thread.drawLog({ end: true });
    }
  };

  const out = async (body, mentions = []) => {
    mark(body, shown(body, mentions, "sending"));
    try {
      const line = await api.write(body.thread, body);
      outgoing.get(body.thread)?.delete(body.id);
      app.thread.wrote(body.thread, line);
      wentOut(body, line);
    } catch (error) {
      if (error.status === 409 && error.problem.type === "missed") {
        mark(body, null);
        await review(body, mentions, error.problem.items);
      } else if (error.status && error.status !== 503) {
        // Refused: what was written goes back to where it was written.
        mark(body, null);
        restore(body, mentions);
        refused(body.thread, error.reason || t("not_sent"));
        app.toast(error.reason || t("not_sent"), { kind: "bad", icon: "circle-alert", seconds: 10 });
      } else {
        mark(body, shown(body, mentions, "failed", t("not_sent_offline")));
        app.say(t("not_sent_offline"));
      }
    }
  };

  const wentOut = (body, line) => {
    if (body.kind === "note") {
      app.toast(t("note_saved"), { seconds: 3, icon: "lock" });
      return;
    }
    const row = store.row(body.thread);
    if (row) {
      app.list.put({ ...row, waiting_since: null, due_at: null, last_at: line.at, last_seq: Math.max(row.last_seq, line.seq), preview: { author: line.author, text: line.text, at: line.at, draft: false, mine: true } });
    }
    const left = line.undo_until ? Math.max(0, (Date.parse(line.undo_until) - Date.now()) / 1000) : 0;
    const name = row?.name ?? "";
    if (body.not_before) {
      const close = app.toast(t("scheduled", { name, when: w.full(body.not_before) }), { icon: "calendar-clock", action: [t("undo"), () => undo(line, body.thread)], seconds: 8, onDone: () => leaving.delete(line.id) });
      leaving.set(line.id, close);
    } else if (left > 0) {
      const close = app.toast(t("sent_to", { name }), { action: [t("undo"), () => undo(line, body.thread)], seconds: left, kind: "undo", onDone: () => leaving.delete(line.id) });
      leaving.set(line.id, close);
    } else {
      app.say(t("sent_to", { name }));
    }
  };

  // Somebody was faster: what they said is shown, and only then is it sent, if it is still wanted.
  const review = async (body, mentions, items) => {
    const row = store.row(body.thread);
    const last = items.at(-1);
    const ago = last ? w.ago(last.at) : "";
    const who = last?.author?.kind === "patient" ? row.name : last?.author?.kind === "bot" ? t("assistant") : last?.author?.name || t("hub");
    const anyway = await ask(t, {
      title: t(last?.author?.kind === "patient" ? "missed_patient" : "missed", { who, ago }),
      body: [h("div", { class: "missed" }, items.map((line, index) => drawLine(app, { ...line, undo_until: null, not_before: null }, row, items[index - 1]))), h("p", { class: "strong" }, t("missed_yours")), h("blockquote", { class: "yours" }, body.text)],
      buttons: [[t("go_on_writing"), null], [t("send_anyway"), "send", "primary"]],
      kind: "warn",
      wide: true,
    });
    const seen = Math.max(body.last_seq, ...items.map((line) => line.seq));
    if (anyway) {
      await out({ ...body, last_seq: seen, anyway: true }, mentions);
    } else {
      restore(body, mentions);
    }
    app.thread.refresh();
  };

  const undo = async (line, thread = store.current) => {
    try {
      await api.undo(thread, line.id);
      const state = store.opened.get(thread);
      if (state) {
        state.lines.items = state.lines.items.filter((one) => one.id !== line.id);
      }
      leaving.get(line.id)?.();
      const ways = store.opened.get(thread)?.ways ?? [];
      const same = ways.find((one) => one.channel === line.channel && one.allowed);
      restore({ thread, kind: "reply", text: line.text, channel: same?.channel ?? null });
      app.toast(t("undone"), { icon: "undo-2", seconds: 3 });
    } catch (error) {
      app.toast(error.reason || t(error.status ? "too_late" : "unreachable"), { kind: "bad", icon: "circle-alert" });
    }
    app.thread.refresh();
  };

  return { out, mark, undo, pending };
}
