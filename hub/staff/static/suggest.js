// What is offered while one types: canned replies after a slash, colleagues after an at sign.

import { fill, h } from "./dom.js";
import { plain } from "./picker.js";

const MOST = 8;

export function makeSuggestions(app, area, place) {
  let items = [];
  let at = 0;
  let from = 0;
  const id = place.id;

  const hide = () => {
    items = [];
    place.hidden = true;
    area.removeAttribute("aria-activedescendant");
    area.removeAttribute("aria-controls");
  };
  const mark = (index) => {
    at = index;
    [...place.children].forEach((child, number) => {
      child.setAttribute("aria-selected", String(number === index));
      child.classList.toggle("at", number === index);
      number === index && child.scrollIntoView({ block: "nearest" });
    });
    area.setAttribute("aria-activedescendant", `${id}-${index}`);
  };
  const show = (found, start) => {
    items = found.slice(0, MOST);
    from = start;
    if (!items.length) {
      hide();
      return;
    }
    fill(place, items.map((item, index) => h("div", {
      id: `${id}-${index}`, role: "option", class: "pick-item",
      onpointerdown: (event) => (event.preventDefault(), choose(index)), onpointermove: () => at !== index && mark(index),
    }, h("span", { class: "pick-words" }, h("span", { class: "pick-label" }, item.label), item.reason && h("span", { class: "pick-reason one" }, item.reason)), item.hint && h("span", { class: "pick-hint" }, item.hint))));
    place.hidden = false;
    area.setAttribute("aria-controls", id);
    mark(0);
    app.say(app.w.t("suggestions", { count: items.length }));
  };
  const choose = (index) => {
    const item = items[index];
    const end = area.selectionStart;
    hide();
    area.setSelectionRange(from, end);
    item.run((text) => {
      area.setRangeText(text, from, end, "end");
      area.dispatchEvent(new Event("input", { bubbles: true }));
    });
  };

  const look = async () => {
    const before = area.value.slice(0, area.selectionStart);
    const slash = /(?:^|\s)\/([\p{L}\d_-]*)$/u.exec(before);
    const mention = /(?:^|\s)@([\p{L}\d .'-]{0,30})$/u.exec(before);
    if (slash && app.composer.mode() === "reply") {
      const wanted = plain(slash[1]);
      const { row } = app.store.opened.get(app.store.current);
      const found = (await app.canned()).filter((one) => plain(one.shortcut).startsWith(wanted) || (wanted.length > 1 && plain(one.title).includes(wanted)));
      // In the person's language first.
      found.sort((one, other) => (other.language === row.language) - (one.language === row.language));
      show(found.map((one) => ({
        label: `/${one.shortcut}`, reason: one.title, hint: one.language.toUpperCase(), run: (put) => put(app.composer.fillIn(one.text)),
      })), before.length - slash[1].length - 1);
    } else if (mention && app.composer.mode() === "note") {
      const wanted = plain(mention[1]);
      const found = app.me.users.filter((one) => one.id !== app.me.id && plain(one.name).split(" ").some((word, index, all) => all.slice(index).join(" ").startsWith(wanted)));
      show(found.map((one) => ({
        label: one.name, run: (put) => (app.composer.mentioned(one), put(`@${one.name} `)),
      })), before.length - mention[1].length - 1);
    } else {
      hide();
    }
  };

  area.addEventListener("input", look);
  area.addEventListener("blur", hide);
  area.addEventListener("keydown", (event) => {
    if (!items.length || event.isComposing) {
      return;
    }
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps) {
      mark((at + steps[event.key] + items.length) % items.length);
    } else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab") {
      choose(at);
    } else if (event.key === "Escape") {
      hide();
    } else {
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
  });
  return { hide };
}
