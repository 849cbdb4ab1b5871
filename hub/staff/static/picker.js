// Choosing one of several: from a menu that hangs on a button, or from a list that is narrowed down by typing.

import { fill, h, icon } from "./dom.js";

let open = null;
let numbers = 0;

export const isOpen = () => open !== null;
export const dismiss = () => open?.close();

// Bare letters, so that `lopez` finds `López`.
export const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

// items: [{ label, hint, icon, key, color, reason, disabled, checked, run }] or a function of what was typed, which may
// be a promise; null for a rule between them. search: words for the field that narrows down; menus have none.
// anchor: the button that it hangs on; null for the middle of the page. many: stays open, and items are ticked.
export function pick(anchor, items, { label, search = "", many = false, empty = "", onDone = null, wide = false } = {}) {
  open?.close();
  const before = document.activeElement;
  const id = `pick-${(numbers += 1)}`;
  const dialog = h("dialog", { class: `pick${anchor ? "" : " palette"}${wide ? " wide" : ""}`, "aria-label": label });
  const list = h("div", { id, class: "pick-list", role: search ? "listbox" : "menu", "aria-label": label });
  if (search && many) {
    list.setAttribute("aria-multiselectable", "true");
  }
  const none = h("p", { class: "pick-none", role: "status", hidden: true }, empty);
  const input = !search ? null : h("input", {
    type: "text", class: "pick-input", placeholder: search, "aria-label": search, role: "combobox", "aria-expanded": "true",
    "aria-controls": id, "aria-autocomplete": "list", autocomplete: "off", spellcheck: false,
  });
  const role = search ? "option" : "menuitem";
  let shown = [];
  let at = 0;
  let asked = 0;

  const close = ({ refocus = true } = {}) => {
    if (open !== handle) {
      return;
    }
    open = null;
    anchor?.setAttribute("aria-expanded", "false");
    dialog.close();
    dialog.remove();
    if (refocus && before?.isConnected) {
      before.focus({ preventScroll: true });
    }
    onDone?.();
  };
  const handle = { close };
  open = handle;

  const mark = (index) => {
    at = index;
    shown.forEach(({ element }, number) => {
      const here = number === index;
      element.classList.toggle("at", here);
      if (search && !many) {
        element.setAttribute("aria-selected", String(here));
      }
      if (here) {
        input?.setAttribute("aria-activedescendant", element.id);
        if (!input) {
          element.focus({ preventScroll: true });
        }
        element.scrollIntoView({ block: "nearest" });
      }
    });
  };
  const choose = ({ item, element }) => {
    if (item.disabled) {
      return;
    }
    if (many) {
      item.checked = !item.checked;
      element.setAttribute("aria-selected", String(item.checked));
      element.classList.toggle("ticked", item.checked);
      item.run(item.checked);
      return;
    }
    close();
    item.run();
  };
  const draw = (found) => {
    const elements = [];
    shown = [];
    for (const item of found) {
      if (!item) {
        elements.length && elements.push(h("hr"));
        continue;
      }
      if (item.heading) {
        elements.push(h("div", { class: "pick-head", role: "presentation" }, item.heading));
        continue;
      }
      const element = h(
        "div",
        {
          role, id: `${id}-${shown.length}`, tabIndex: -1, class: `pick-item${item.danger ? " danger" : ""}`,
          "aria-disabled": item.disabled ? "true" : null,
          ...(search && many ? { "aria-selected": String(Boolean(item.checked)) } : {}),
        },
        many && h("span", { class: "tick" }, icon("check", { small: true })),
        item.color && h("span", { class: `swatch ${item.color}` }),
        item.icon && icon(item.icon),
        h("span", { class: "pick-words" }, h("span", { class: "pick-label" }, item.label), item.reason && h("span", { class: "pick-reason" }, item.reason)),
        item.hint && h("span", { class: "pick-hint" }, item.hint),
        item.current && icon("check", { small: true }),
        item.key && h("kbd", {}, item.key),
      );
      element.classList.toggle("ticked", Boolean(item.checked));
      const one = { item, element };
      element.addEventListener("click", () => choose(one));
      element.addEventListener("pointermove", () => shown[at] !== one && mark(shown.indexOf(one)));
      shown.push(one);
      elements.push(element);
    }
    fill(list, elements);
    none.hidden = shown.length > 0;
    list.hidden = !shown.length;
    if (!shown.length) {
      input?.removeAttribute("aria-activedescendant");
    } else {
      mark(Math.max(0, shown.findIndex(({ item }) => !item.disabled)));
    }
    place();
  };
  const refresh = async () => {
    const typed = input ? input.value.trim() : "";
    const mine = (asked += 1);
    if (typeof items === "function") {
      const found = await items(typed);
      if (mine === asked && open === handle) {
        draw(found);
      }
      return;
    }
    const wanted = plain(typed);
    draw(wanted ? items.filter((item) => item && !item.heading && plain(item.label).includes(wanted)) : items);
  };
  const place = () => {
    if (!anchor) {
      return;
    }
    const on = anchor.getBoundingClientRect();
    const own = dialog.getBoundingClientRect();
    const below = innerHeight - on.bottom > own.height + 12 || on.top < own.height + 12;
    dialog.style.top = `${Math.max(8, below ? Math.min(on.bottom + 4, innerHeight - own.height - 8) : on.top - own.height - 4)}px`;
    dialog.style.left = `${Math.max(8, Math.min(on.left, innerWidth - own.width - 8))}px`;
  };

  dialog.addEventListener("keydown", (event) => {
    event.stopPropagation();
    const count = shown.length;
    if (event.key === "ArrowDown" || (event.key === "Tab" && !event.shiftKey && !search)) {
      count && mark((at + 1) % count);
    } else if (event.key === "ArrowUp" || (event.key === "Tab" && !search)) {
      count && mark((at - 1 + count) % count);
    } else if (event.key === "Home" && !input) {
      count && mark(0);
    } else if (event.key === "End" && !input) {
      count && mark(count - 1);
    } else if (event.key === "Enter" || (event.key === " " && !input)) {
      shown[at] && choose(shown[at]);
    } else if (event.key === "Escape" || event.key === "Tab") {
      close();
    } else {
      return;
    }
    event.preventDefault();
  });
  dialog.addEventListener("cancel", (event) => (event.preventDefault(), close()));
  dialog.addEventListener("pointerdown", (event) => event.target === dialog && outside(event) && close({ refocus: true }));
  const outside = (event) => {
    const box = dialog.getBoundingClientRect();
    return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
  };
  let waiting = 0;
  input?.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(refresh, typeof items === "function" ? 120 : 0);
  });

  fill(dialog, input && h("div", { class: "pick-top" }, icon("search"), input), list, none);
  document.body.append(dialog);
  anchor?.setAttribute("aria-expanded", "true");
  dialog.showModal();
  refresh();
  input?.focus();
  return handle;
}
