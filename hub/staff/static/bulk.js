// The bar that shows what can be done with all selected threads at once.

import { fill, h, icon, tool } from "./dom.js";

export function makeBulk(app) {
  const { store, w } = app;
  const bar = document.getElementById("bulk");
  const draw = () => {
    const count = store.selected.size;
    bar.hidden = !count;
    if (!count) {
      return;
    }
    const ids = app.list.ids();
    const all = ids.length > 0 && ids.every((id) => store.selected.has(id));
    fill(bar,
      h("label", { class: "bulk-count" }, h("input", { type: "checkbox", checked: all, onchange: (event) => (event.currentTarget.checked ? ids.forEach((id) => app.list.select(id, true)) : clear()), "aria-label": w.t("select_all") }), w.t("selected", { count })),
      tool("hand", w.t("assign_me"), () => app.do.claim()),
      tool("user-plus", w.t("assign"), (event) => app.do.assign(event.currentTarget), { "aria-haspopup": "dialog" }),
      tool("tag", w.t("labels"), (event) => app.do.labels(event.currentTarget), { "aria-haspopup": "dialog" }),
      tool("alarm-clock", w.t("snooze"), (event) => app.do.snooze(event.currentTarget), { "aria-haspopup": "menu" }),
      tool("check-check", w.t("close"), () => app.do.close()),
      h("button", { type: "button", class: "btn ghost icon", "aria-label": w.t("select_none"), title: w.t("select_none"), onclick: clear }, icon("x")));
  };
  const clear = () => {
    for (const id of [...store.selected]) {
      app.list.select(id, false);
    }
    store.selected.clear();
    store.emit("selected");
  };
  store.on("selected", draw);
  return { clear };
}
