// Where a reply or a note is written. A note has no way to the patient: it looks different, and says so.

import { newId } from "./api.js";
import { fill, h, icon, tool } from "./dom.js";
import { pick } from "./picker.js";
import { CHANNELS, readable } from "./rows.js";
import { askWhen, laterItems } from "./schedule.js";
import { measure } from "./segments.js";
import { makeSending } from "./sending.js";
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
  let opened = null;
  // What is to be written once the thread is there.
  let wanted = null;

  const mode = () => modes.get(opened?.row.id) ?? "reply";
  const draft = () => opened && drafts.get(opened.row.id, mode());
  const way = () => (opened ? usual(opened, drafts.get(opened.row.id, "reply")?.channel) : null);
  const named = () => opened.row.known ? opened.row.name.split(" ")[0] : opened.row.name;

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
      reason: [w.why(one.codes, one.reason) || (one.link && one.allowed ? t("goes_as_link") : ""), one.preferred ? t("preferred") : ""].filter(Boolean).join(" · "),
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
      fill(block, icon("ban"), h("p", {}, h("b", {}, one ? t("cannot_send", { channel: t(`channel_${one.channel}_in`) }) : t("no_way")), " ", one ? w.why(one.codes, one.reason) : ""),
        h("div", { class: "banner-tools" }, instead(opened, one).slice(0, 2).map((other) => h("button", { type: "button", class: "btn small", onclick: () => choose(other.channel) },
          icon(CHANNELS[other.channel], { small: true }), other.link ? t("send_link", { channel: t(`channel_${other.channel}_in`) }) : t("send_by", { channel: t(`channel_${other.channel}_in`) })))));
    } else if (mind) {
      fill(block, icon(one.link ? "link" : "info"), h("p", {}, one.link ? t("as_link", { name: named() }) : w.why(one.codes, one.reason)));
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
        app.say(w.why(one.codes, one.reason));
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

  const refused = (thread, why) => {
    if (store.current === thread) {
      wrong.textContent = why;
      app.thread.refresh();
    }
  };
  const { out, mark, undo, pending } = makeSending(app, { restore, refused });

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
