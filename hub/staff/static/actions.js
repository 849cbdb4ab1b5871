// What can be done with threads: with the open one, or with all that are selected.

import { ask, choices } from "./dialog.js";
import { h } from "./dom.js";
import { pick } from "./picker.js";
import { askWhen, laterItems } from "./schedule.js";

export function makeActions(app) {
  const { store, api, w, me } = app;
  const t = w.t;

  const targets = () => (store.selected.size ? [...store.selected] : store.current ? [store.current] : []);
  const label = (ids) => (ids.length > 1 ? t("threads", { count: ids.length }) : store.row(ids[0])?.name ?? "");

  // Does `verb` to every thread of `ids`; `after(row)` is what is shown until the hub says more. The list goes on to
  // the next thread where one leaves it.
  const act = async (verb, body, ids, after, told) => {
    if (!ids.length || !app.may("threads:write")) {
      return;
    }
    const was = ids.map((id) => store.row(id)).filter(Boolean);
    ids.forEach((id) => {
      const row = store.row(id);
      row && show({ ...row, ...after(row) });
    });
    const following = app.list.leave(ids);
    if (ids.includes(store.current)) {
      if (following && app.wide() && verb !== "claim" && verb !== "assign") {
        app.open(following, { from: "act" });
      } else if (!following && app.list.ids().length === 0 && verb === "close") {
        app.closeThread({ quiet: true });
      }
    }
    try {
      if (ids.length === 1) {
        await api.act(ids[0], verb, body);
      } else {
        const done = await api.bulk(ids, verb, body);
        const failed = done.items.filter((one) => !one.ok);
        if (failed.length) {
          app.toast(`${t("some_failed", { count: failed.length })} ${failed[0].reason}`, { kind: "bad", icon: "circle-alert", seconds: 8 });
          was.filter((row) => failed.some((one) => one.id === row.id)).forEach(show);
        }
        ids.forEach((id) => store.selected.delete(id));
        store.emit("selected");
        store.emit("drawn");
      }
      told && app.toast(told, { seconds: 3 });
      if (ids.includes(store.current)) {
        app.thread.refresh();
      }
    } catch (error) {
      was.forEach(show);
      app.failed(error);
    }
  };
  const show = (row) => {
    app.list.put(row);
    if (row.id === store.current) {
      app.thread.row(row);
    }
  };

  const self = () => ({ id: me.id, name: me.name, initials: me.initials, color: "" });
  // Of many threads only those that nobody has; the one on show may be taken from the colleague whom it shows.
  const claim = (ids = targets()) => {
    const other = ids.length === 1 && store.row(ids[0])?.assignee;
    const [verb, body] = other && other.id !== me.id ? ["assign", { user: me.id }] : ["claim", {}];
    return act(verb, body, ids, (row) => ({ assignee: self(), status: row.status === "bot" ? "open" : row.status }), t("claimed", { what: label(ids) }));
  };
  const assignTo = (user, ids) => act("assign", { user: user?.id ?? null }, ids, () => ({ assignee: user }), user ? t("was_assigned", { what: label(ids), name: user.name }) : t("was_unassigned", { what: label(ids) }));
  const moveTo = (team, ids) => act("team", { team: team?.id ?? null }, ids, () => ({ team }), t("was_moved", { what: label(ids), team: team?.name ?? t("no_team") }));

  const assign = (anchor = null, ids = targets()) => {
    if (!ids.length) {
      return;
    }
    const row = store.row(ids[0]);
    const users = me.users.filter((one) => one.id !== me.id);
    pick(anchor, [
      row?.assignee?.id !== me.id && { label: t("assign_me"), hint: me.name, icon: "hand", key: "I", run: () => claim(ids) },
      ...users.map((one) => ({ label: one.name, icon: "user", current: row?.assignee?.id === one.id, run: () => assignTo(one, ids) })),
      row?.assignee && { label: t("unassign"), icon: "circle-dashed", run: () => assignTo(null, ids) },
      ...(me.teams.length ? [{ heading: t("teams") }] : []),
      ...me.teams.map((one) => ({ label: one.name, icon: "users-round", current: row?.team?.id === one.id, run: () => moveTo(one, ids) })),
    ].filter(Boolean), { label: t("assign"), search: t("assign_search"), empty: t("none_found") });
  };
  const team = (anchor = null, ids = targets()) => pick(anchor, [
    ...me.teams.map((one) => ({ label: one.name, icon: "users-round", current: store.row(ids[0])?.team?.id === one.id, run: () => moveTo(one, ids) })),
    { label: t("no_team"), icon: "circle-dashed", run: () => moveTo(null, ids) },
  ], { label: t("team") });

  const sleep = (until, ids) => act("snooze", { until: until ? until.toISOString() : null }, ids, () => ({ status: "snoozed", snoozed_until: until ? until.toISOString() : null }),
    until ? t("was_snoozed", { what: label(ids), when: w.full(until) }) : t("was_snoozed_reply", { what: label(ids) }));
  const snooze = (anchor = null, ids = targets()) => {
    if (!ids.length) {
      return;
    }
    pick(anchor, [
      { label: t("until_reply"), icon: "message-square", run: () => sleep(null, ids) },
      ...laterItems(w, (when) => sleep(when, ids), async () => {
        const when = await askWhen(w, { title: t("snooze_until") });
        when && sleep(when, ids);
      }),
    ], { label: t("snooze") });
  };

  const reopen = (ids = targets()) => act("reopen", {}, ids, () => ({ status: "open", snoozed_until: null }), t("was_reopened", { what: label(ids) }));
  const priority = (level, ids) => act("priority", { priority: level }, ids, () => ({ priority: level }), null);
  const priorities = (anchor = null, ids = targets()) => pick(anchor, [2, 1, 0].map((level) => ({ label: t(`priority_${level}`), icon: "flag", current: store.row(ids[0])?.priority === level, run: () => priority(level, ids) })), { label: t("priority") });

  const relabel = (add, remove, ids) => act("labels", { add: add.map((one) => one.id), remove: remove.map((one) => one.id) }, ids, (row) => ({
    labels: [...row.labels.filter((one) => ![...add, ...remove].some((other) => other.id === one.id)), ...add],
  }), null);
  const labels = (anchor = null, ids = targets()) => pick(anchor, me.labels.map((one) => ({
    label: one.name, color: one.color, checked: ids.every((id) => store.row(id)?.labels.some((other) => other.id === one.id)),
    run: (on) => relabel(on ? [one] : [], on ? [] : [one], ids),
  })), { label: t("labels"), search: t("labels_search"), many: true, empty: t("none_found") });

  // Closing an emergency asks for its outcome; nothing else makes it go.
  const close = async (ids = targets()) => {
    if (!ids.length || !app.may("threads:write")) {
      return;
    }
    const opened = store.opened.get(ids[0]);
    const urgent = ids.filter((id) => store.row(id)?.priority === 3);
    if (ids.length > 1 && urgent.length) {
      app.toast(t("emergencies_alone"), { kind: "bad", icon: "siren", seconds: 8 });
      return;
    }
    const must = ids.length === 1 && (opened?.must_dispose || urgent.length > 0);
    if (!must) {
      await act("close", {}, ids, () => ({ status: "closed", waiting_since: null, due_at: null }), t("was_closed", { what: label(ids) }));
      return;
    }
    const codes = opened?.dispositions ?? [];
    const chosen = choices("disposition", t("outcome"), codes.map((code) => [code, w.coded("disposition", code)]));
    const said = await ask(t, {
      title: t("resolve_title", { name: label(ids) }),
      body: [h("p", {}, t("resolve_hint")), chosen.element],
      buttons: [[t("cancel"), null], [t("resolve"), "close", "danger"]],
      kind: "danger",
      check: () => (chosen.value() ? null : t("outcome_missing")),
      focus: chosen.element.querySelector("input"),
    });
    if (said) {
      await act("close", { disposition: chosen.value() }, ids, () => ({ status: "closed", priority: 0, waiting_since: null, due_at: null }), t("was_resolved", { what: label(ids) }));
    }
  };

  const takeOver = (ids = targets()) => claim(ids);
  const handBack = (ids = targets()) => act("bot", {}, ids, () => ({ status: "bot", assignee: null }), t("was_handed_back", { what: label(ids) }));
  const settle = (ids = targets()) => {
    const waiting = ids.some((id) => store.row(id)?.waiting_since);
    return act(waiting ? "settle" : "unsettle", {}, ids, (row) => ({ waiting_since: waiting ? null : row.waiting_since ?? row.last_at, due_at: waiting ? null : row.due_at }), t(waiting ? "was_settled" : "was_unsettled", { what: label(ids) }));
  };

  const part2 = () => {
    const ids = targets().slice(0, 1);
    const on = !store.row(ids[0])?.part2;
    return act("part2", { labelled: on }, ids, () => ({ part2: on }), t(on ? "was_part2" : "was_not_part2", { what: label(ids) }));
  };

  // What can be done with the open thread, for menus and the palette.
  const all = () => {
    const row = store.row(targets()[0]);
    if (!row || !app.may("threads:write")) {
      return [];
    }
    return [
      row.status === "bot" && { label: t("take_over"), icon: "bot-off", key: "T", run: () => takeOver() },
      row.assignee?.id !== me.id && { label: t("assign_me"), icon: "hand", key: "I", run: () => claim() },
      { label: t("assign"), icon: "user-plus", key: "A", run: () => assign() },
      { label: t("team"), icon: "users-round", run: () => team() },
      { label: t("snooze"), icon: "alarm-clock", key: "Z", run: () => snooze() },
      row.waiting_since ? { label: t("settle"), icon: "check", key: "U", run: () => settle() } : { label: t("unsettle"), icon: "hourglass", key: "U", run: () => settle() },
      { label: t("labels"), icon: "tag", key: "L", run: () => labels() },
      targets().length === 1 && { label: t(row.part2 ? "part2_off" : "part2_on"), icon: "lock", run: () => part2() },
      row.priority < 3 && { label: t("priority"), icon: "flag", run: () => priorities() },
      row.status === "open" && row.priority < 3 && { label: t("hand_back"), icon: "bot", run: () => handBack() },
      row.status === "snoozed" || row.status === "closed" ? { label: t("reopen"), icon: "undo-2", run: () => reopen() } : null,
      row.status !== "closed" && { label: row.priority === 3 ? t("resolve") : t("close"), icon: "check-check", key: "E", danger: row.priority === 3, run: () => close() },
    ].filter(Boolean);
  };
  const more = (anchor) => {
    store.selected.clear();
    store.emit("selected");
    pick(anchor, all().filter((one) => !["A", "E", "Z"].includes(one.key)), { label: t("more") });
  };

  return { claim, assign, team, snooze, reopen, priorities, labels, unlabel: (one) => relabel([], [one], [store.current]), close, takeOver, handBack, settle, all, more, targets };
}
