// Everything that can be done or gone to, by typing a few letters of it; people too.

import { pick, plain } from "./picker.js";

export function openPalette(app) {
  const { w, me, store } = app;
  const t = w.t;
  const fixed = [
    ...(store.current ? [
      { group: "palette_thread", label: t("reply"), icon: "send-horizontal", key: "R", run: () => app.composer.write("reply") },
      { group: "palette_thread", label: t("note"), icon: "lock", key: "N", run: () => app.composer.write("note") },
      ...app.do.all().map((one) => ({ ...one, group: "palette_thread" })),
    ] : []),
    ...app.views().map((one) => ({ group: "palette_go", label: one.label, icon: one.icon, hint: one.waiting ? String(one.waiting) : "", run: one.run })),
    { group: "palette_page", label: t("search"), icon: "search", key: "/", run: () => app.search.focus() },
    { group: "palette_page", label: t("help"), icon: "keyboard", key: "?", run: () => app.help() },
    { group: "palette_page", label: t(me.switches.sound ? "sound_off" : "sound_on"), icon: me.switches.sound ? "volume-x" : "volume-2", run: () => app.toggle("sound") },
    { group: "palette_page", label: t(me.switches.keys === false ? "keys_on" : "keys_off"), icon: "keyboard", run: () => app.toggle("keys") },
  ];
  const grouped = (items) => {
    const made = [];
    let last = "";
    for (const item of items) {
      if (item.group !== last) {
        made.push({ heading: t(item.group) });
        last = item.group;
      }
      made.push(item);
    }
    return made;
  };
  pick(null, async (typed) => {
    const words = plain(typed).split(/\s+/).filter(Boolean);
    const found = fixed.filter((one) => words.every((word) => plain(one.label).includes(word)));
    if (typed.length < 2) {
      return grouped(found);
    }
    let people = [];
    try {
      people = (await app.api.search(typed, null)).items;
    } catch {
      // What is on the page can be chosen all the same.
    }
    const seen = new Set();
    return grouped([...found, ...people.filter((one) => !seen.has(one.row.id) && seen.add(one.row.id)).slice(0, 8).map((one) => ({
      group: "palette_people", label: one.row.name, icon: "user", reason: one.line ? one.line.text.slice(0, 90) : t(`matched_${one.matched}`),
      run: () => (store.rows.set(one.row.id, one.row), app.open(one.row.id, { from: "palette" })),
    }))]);
  }, { label: t("palette"), search: t("palette_search"), empty: t("none_found") });
}
