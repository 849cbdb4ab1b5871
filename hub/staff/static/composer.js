// Where a reply or a note is written. A note has no way to the patient: it looks different, and says so.

import { newId } from "./api.js";
import { ask } from "./dialog.js";
import { fill, h, icon, tool } from "./dom.js";
import { drawLine } from "./lines.js";
import { pick } from "./picker.js";
import { CHANNELS, readable } from "./rows.js";
import { askWhen, laterItems } from "./schedule.js";
import { measure } from "./segments.js";
import { makeSuggestions } from "./suggest.js";
import { instead, usual } from "./ways.js";

const MOST_FILES = 5;

export function makeComposer(app) {
  const { store, api, w, drafts } = app;
  const t = w.t;
  const box = document.getElementById("composer");
  const area = document.getElementById("words");
  const label = document.getElementById("words-label");
  const tabs = { reply: document.getElementById("mode-reply"), note: document.getElementById("mode-note") };
  const to = document.getElementById("to");
  const block = document.getElementById("blocked");
  const count = document.getElementById("count");
  const state = document.getElementById("draft-state");
  const send = document.getElementById("send");
  const sendLater = document.getElementById("send-later");
  const tools = document.getElementById("composer-tools");
  const files = document.getElementById("composer-files");
  const wrong = document.getElementById("composer-wrong");
  const input = document.getElementById("file");
  const modes = new Map();
  // What is on its way, by thread: shown in the thread until the hub has it.
  const outgoing = new Map();
  // What takes the word of a message that can be taken back away again.
  const leaving = new Map();
  let opened = null;
  // What is to be written once the thread is there.
  let wanted = null;

  const mode = () => modes.get(opened?.row.id) ?? "reply";
  const draft = () => opened && drafts.get(opened.row.id, mode());
  const way = () => (opened ? usual(opened, drafts.get(opened.row.id, "reply")?.channel) : null);
  const named = () => opened.row.known ? opened.row.name.split(" ")[0] : opened.row.name;
  const pending = (id) => [...(outgoing.get(id)?.values() ?? [])];

  const grow = () => {
    area.style.height = "auto";
    area.style.height = `${Math.min(Math.max(64, area.scrollHeight), Math.round(innerHeight * 0.32))}px`;
  };

  const drawTo = () => {
    const one = way();
    if (mode() === "note") {
      fill(to, icon("lock", { small: true }), h("span", {}, t("note_hidden")));
      return;
    }
    if (!one) {
      fill(to, h("span", {}, t("no_way")));
      return;
    }
    const channel = t(`channel_${one.channel}`);
    fill(to,
      h("span", { class: "to-words" }, t("to"), " ", h("b", {}, readable(one.shown))),
      h("button", { type: "button", class: `btn small by${one.allowed ? "" : " no"}`, "aria-haspopup": "menu", "aria-expanded": "false", "aria-label": t("channel_choose", { channel }), onclick: (event) => chooseWay(event.currentTarget) },
        icon(one.allowed ? CHANNELS[one.channel] : "ban", { small: true }), channel, icon("chevron-down", { small: true })));
  };

  const chooseWay = (anchor) => {
    pick(anchor, opened.ways.map((one) => ({
      label: t(`channel_${one.channel}`),
      hint: readable(one.shown),
      icon: CHANNELS[one.channel],
      reason: [one.reason || (one.link && one.allowed ? t("goes_as_link") : ""), one.preferred ? t("preferred") : ""].filter(Boolean).join(" · "),
      current: one.channel === way()?.channel,
      disabled: !one.allowed,
      run: () => choose(one.channel),
    })), { label: t("channel"), wide: true });
  };
  const choose = (channel) => {
    drafts.put(opened.row.id, "reply", { channel });
    draw();
    app.say(t("goes_by", { channel: t(`channel_${channel}`) }));
    area.focus();
  };

  const drawBlock = () => {
    const one = way();
    const no = mode() === "reply" && (!one || !one.allowed);
    const mind = mode() === "reply" && one?.allowed && (one.link || one.reason);
    block.hidden = !no && !mind;
    block.className = `banner ${no ? "warn" : "slim"}`;
    if (no) {
      fill(block, icon("ban"), h("p", {}, h("b", {}, one ? t("cannot_send", { channel: t(`channel_${one.channel}_in`) }) : t("no_way")), " ", one?.reason ?? ""),
        h("div", { class: "banner-tools" }, instead(opened, one).slice(0, 2).map((other) => h("button", { type: "button", class: "btn small", onclick: () => choose(other.channel) },
          icon(CHANNELS[other.channel], { small: true }), other.link ? t("send_link", { channel: t(`channel_${other.channel}_in`) }) : t("send_by", { channel: t(`channel_${other.channel}_in`) })))));
    } else if (mind) {
      fill(block, icon(one.link ? "link" : "info"), h("p", {}, one.link ? t("as_link", { name: named() }) : one.reason));
    }
  };

  const drawCount = () => {
    const one = way();
    if (mode() === "note" || one?.channel !== "sms" || one.link) {
      fill(count, "");
      return;
    }
    const text = area.value;
    const { encoding, segments, units, left, wide } = measure(text);
    const whole = segments <= 1 ? (encoding === "GSM-7" ? 160 : 70) : 0;
    const cost = one.cost !== null && segments ? ` · ${w.money(one.cost * segments)}` : "";
    fill(count, h("span", { title: wide ? t("wide", { letter: wide }) : null, class: segments > 3 ? "many" : "" },
      (whole ? t("count_one", { n: units, of: whole }) : t("count_many", { left, n: segments })) + cost, wide && segments ? ` · ${t("unicode")}` : ""));
  };

  const drawState = () => {
    const one = draft();
    state.textContent = one?.text && one.state ? t(`draft_${one.state}`) : "";
  };

  const drawFiles = () => {
    const list = draft()?.files ?? [];
    files.hidden = !list.length;
    fill(files, list.map((file) => h("li", { class: file.wrong ? "bad" : "" }, icon("paperclip", { small: true }), h("span", {}, file.name), h("small", {}, file.wrong || (file.id ? "" : t("uploading"))),
      h("button", { type: "button", class: "btn ghost icon small", "aria-label": t("remove_file", { name: file.name }), onclick: () => (drafts.put(opened.row.id, mode(), { files: list.filter((other) => other !== file) }), drawFiles(), drawSend()) }, icon("x", { small: true })))));
  };

  const drawSend = () => {
    const one = way();
    const note = mode() === "note";
    const may = note || Boolean(one?.allowed);
    const waits = (draft()?.files ?? []).some((file) => !file.id);
    fill(send, note ? icon("lock", { small: true }) : null, h("span", {}, note ? t("save_note") : one ? t("send_channel", { channel: t(`channel_${one.channel}`) }) : t("send")), note ? null : icon("send-horizontal", { small: true }));
    const idle = !may || waits || (!area.value.trim() && !(draft()?.files ?? []).length);
    send.setAttribute("aria-disabled", String(idle));
    sendLater.hidden = note;
    sendLater.setAttribute("aria-disabled", String(idle));
  };

  const draw = () => {
    const note = mode() === "note";
    box.classList.toggle("noting", note);
    tabs.reply.setAttribute("aria-pressed", String(!note));
    tabs.note.setAttribute("aria-pressed", String(note));
    const one = way();
    const words = note ? t("note_label", { name: named() }) : one ? t("reply_label", { name: named(), channel: t(`channel_${one.channel}_in`) }) : t("no_way");
    label.textContent = words;
    area.placeholder = note ? t("note_hint") : one && one.channel !== "portal" && !one.link ? `${words}. ${t("not_private")}` : words;
    drawTo();
    drawBlock();
    drawCount();
    drawState();
    drawFiles();
    drawSend();
    tools.querySelector(".canned").hidden = note;
  };

  // Shows the composer of another thread, with what was begun in it.
  const show = (given) => {
    const other = opened?.row.id !== given.row.id;
    if (other && opened) {
      drafts.flush();
    }
    opened = given;
    box.hidden = !app.may("messages:write");
    if (other && !modes.has(given.row.id) && !drafts.get(given.row.id, "reply")?.text && drafts.get(given.row.id, "note")?.text) {
      modes.set(given.row.id, "note");
    }
    const text = draft()?.text ?? "";
    if (other || (area.value !== text && document.activeElement !== area)) {
      area.value = text;
      wrong.textContent = "";
      suggestions.hide();
    }
    draw();
    grow();
    if (wanted) {
      const kind = wanted;
      wanted = null;
      turn(kind);
    }
  };

  const turn = (kind) => {
    modes.set(opened.row.id, kind);
    area.value = draft()?.text ?? "";
    wrong.textContent = "";
    draw();
    grow();
    area.focus();
    app.say(t(kind === "note" ? "mode_note" : "mode_reply"));
  };

  const fillIn = (text) => {
    const [given = "", ...family] = opened.row.known ? opened.row.name.split(" ") : [];
    const known = {
      given_name: given, first_name: given, family_name: family.join(" "), name: opened.row.known ? opened.row.name : "", patient: opened.row.known ? opened.row.name : "",
      clinic: app.me.clinic, staff: app.me.name, me: app.me.name, agent: app.me.name, my_name: app.me.name,
    };
    return text.replace(/\{(\w+)\}/g, (whole, name) => known[name] || whole);
  };

  const attach = async (list) => {
    for (const file of list) {
      const thread = opened.row.id;
      const kind = mode();
      const one = { name: file.name, id: null, wrong: "" };
      const now = drafts.get(thread, kind)?.files ?? [];
      if (now.length >= MOST_FILES) {
        app.toast(t("too_many_files", { n: MOST_FILES }), { kind: "bad", icon: "circle-alert" });
        return;
      }
      drafts.put(thread, kind, { files: [...now, one] });
      drawFiles();
      drawSend();
      try {
        one.id = (await api.attach(thread, file)).id;
      } catch (error) {
        one.wrong = error.reason || t("file_failed");
      }
      drawFiles();
      drawSend();
    }
  };

  // Sends what is written. The text stays at hand until the hub has it.
  const submit = async (notBefore = null) => {
    const text = area.value.trim();
    const kind = mode();
    const one = way();
    const attached = draft()?.files ?? [];
    if (send.getAttribute("aria-disabled") === "true") {
      if (kind === "reply" && one && !one.allowed) {
        app.say(one.reason);
        block.querySelector("button")?.focus();
      }
      return;
    }
    const open = kind === "reply" && /\{\w+\}/.exec(text);
    if (open) {
      const place = area.value.indexOf(open[0]);
      area.focus();
      area.setSelectionRange(place, place + open[0].length);
      wrong.textContent = t("unfilled", { what: open[0] });
      return;
    }
    const thread = opened.row.id;
    const mentions = (draft()?.mentions ?? []).filter((user) => text.includes(`@${user.name}`));
    const body = {
      id: newId(), thread, kind, text, last_seq: opened.row.last_seq, channel: kind === "note" ? null : one.channel,
      not_before: notBefore ? notBefore.toISOString() : null, attachments: attached.map((file) => file.id), mentions: mentions.map((user) => user.id),
    };
    drafts.drop(thread, kind);
    area.value = "";
    wrong.textContent = "";
    draw();
    grow();
    await out(body, mentions);
  };

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
        if (store.current === body.thread) {
          wrong.textContent = error.reason || t("not_sent");
          app.thread.refresh();
        }
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

  // Puts back what was not sent, unless something else was begun there since.
  const restore = (body, mentions = []) => {
    const now = drafts.get(body.thread, body.kind);
    const text = now?.text ? `${body.text}\n${now.text}` : body.text;
    drafts.put(body.thread, body.kind, { text, channel: body.channel ?? now?.channel ?? null, mentions });
    if (store.current === body.thread) {
      modes.set(body.thread, body.kind);
      area.value = text;
      draw();
      grow();
      area.focus();
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

  const suggestions = makeSuggestions(app, area, document.getElementById("suggestions"));
  area.addEventListener("input", () => {
    if (!opened || !draft()) {
      return;
    }
    drafts.put(opened.row.id, mode(), { text: area.value });
    wrong.textContent = "";
    drawCount();
    drawSend();
    grow();
    app.presence?.typing();
  });
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
      event.preventDefault();
      submit();
    } else if (event.key === "Escape") {
      event.preventDefault();
      app.list.focus();
    }
  });
  area.addEventListener("paste", (event) => {
    const list = [...(event.clipboardData?.files ?? [])];
    if (list.length) {
      event.preventDefault();
      attach(list);
    }
  });
  box.addEventListener("dragover", (event) => event.dataTransfer?.types.includes("Files") && event.preventDefault());
  box.addEventListener("drop", (event) => (event.preventDefault(), attach([...event.dataTransfer.files])));
  input.addEventListener("change", () => (attach([...input.files]), (input.value = "")));
  tabs.reply.addEventListener("click", () => turn("reply"));
  tabs.note.addEventListener("click", () => turn("note"));
  send.addEventListener("click", () => submit());
  const later = (anchor) => pick(anchor, laterItems(w, (when) => submit(when), async () => {
    const when = await askWhen(w, { title: t("send_later") });
    when && submit(when);
  }), { label: t("send_later") });
  sendLater.addEventListener("click", () => sendLater.getAttribute("aria-disabled") !== "true" && later(sendLater));
  sendLater.setAttribute("aria-label", t("send_later"));
  sendLater.title = t("send_later");
  fill(tools,
    tool("paperclip", t("attach"), () => input.click(), { class: "btn ghost icon attach" }),
    tool("zap", t("canned"), (event) => cannedMenu(event.currentTarget), { class: "btn ghost icon canned", "aria-haspopup": "dialog", key: "/" }),
    tool("at-sign", t("mention"), () => (mode() === "note" || turn("note"), insert("@")), { class: "btn ghost icon" }));
  const insert = (text) => {
    area.focus();
    const start = area.selectionStart;
    const gap = start > 0 && !/\s/.test(area.value[start - 1]) ? " " : "";
    area.setRangeText(gap + text, start, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const cannedMenu = async (anchor) => {
    const list = (await app.canned()).toSorted((one, other) => (other.language === opened.row.language) - (one.language === opened.row.language));
    pick(anchor, list.map((one) => ({ label: one.title, reason: fillIn(one.text), hint: `/${one.shortcut}`, run: () => insert(fillIn(one.text)) })),
      { label: t("canned"), search: t("canned_search"), empty: t("canned_none"), wide: true, onDone: () => area.focus() });
  };
  store.on("draft", (one) => opened && one.thread === opened.row.id && one.kind === mode() && drawState());

  return {
    show, mode, turn, pending, undo, fillIn,
    // What may be sent changed.
    ways(given) {
      if (opened?.row.id === given.row.id) {
        show(given);
      }
    },
    mentioned: (user) => drafts.put(opened.row.id, "note", { mentions: [...(draft()?.mentions ?? []).filter((one) => one.id !== user.id), user] }),
    write(kind) {
      if (!app.may("messages:write")) {
        return;
      }
      if (opened?.row.id === store.current) {
        turn(kind);
      } else {
        wanted = kind;
      }
    },
    resend: (line) => out(line.body, line.mentions),
    takeBack: (line) => (mark(line.body, null), restore(line.body, line.mentions)),
    again: (line, channel) => out({ id: newId(), thread: store.current, kind: "reply", text: line.text, last_seq: opened.row.last_seq, channel, not_before: null, attachments: [], mentions: [] }),
  };
}
