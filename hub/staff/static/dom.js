// Making elements. Text goes in as text; nothing here parses HTML.

const SVG = "http://www.w3.org/2000/svg";
const XLINK = "#i-";

// An element: `h("button", { class: "btn", onclick: save }, "Save")`. Children that are null or false are left out.
export function h(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) {
      continue;
    }
    if (name.startsWith("on")) {
      made.addEventListener(name.slice(2), value);
    } else if (name === "dataset") {
      Object.assign(made.dataset, value);
    } else if (name in made && typeof value !== "string" && name !== "list") {
      made[name] = value;
    } else {
      made.setAttribute(name, value === true ? "" : value);
    }
  }
  add(made, children);
  return made;
}

const kept = (children) => children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false && child !== "");

function add(parent, children) {
  parent.append(...kept(children));
}

// Puts `children` in the place of what `parent` holds.
export function fill(parent, ...children) {
  parent.replaceChildren();
  add(parent, children);
  return parent;
}

// The same, but what is drawn as before stays in its place, with its focus and with what is selected in it. For what is
// drawn anew by itself while somebody reads; whatever a child does must follow from what it shows.
export function refill(parent, ...children) {
  let place = parent.firstChild;
  for (const child of kept(children)) {
    const fresh = child instanceof Node ? child : document.createTextNode(child);
    let same = place;
    while (same && !same.isEqualNode(fresh)) {
      same = same.nextSibling;
    }
    if (!same) {
      parent.insertBefore(fresh, place);
      continue;
    }
    while (place !== same) {
      place = place.nextSibling;
      place.previousSibling.remove();
    }
    place = same.nextSibling;
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
  return parent;
}

// A picture out of the page's sprite; for show unless it is given a name.
export function icon(name, { small = false, label = "" } = {}) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", small ? "i i-s" : "i");
  if (label) {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
  } else {
    svg.setAttribute("aria-hidden", "true");
  }
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", XLINK + name);
  svg.append(use);
  return svg;
}

// A button that shows a picture alone and says `label`, with the key that does the same.
export function tool(name, label, onclick, { key = "", ...props } = {}) {
  const title = key ? `${label} (${key})` : label;
  return h("button", { type: "button", class: "btn ghost icon", "aria-label": label, title, onclick, ...props }, icon(name));
}

export const hidden = (text) => h("span", { class: "vh" }, text);

// Calls `run` once, `wait` milliseconds after the last of several calls. `flush` runs what waits at once.
export function debounced(run, wait) {
  let timer = 0;
  let last = null;
  const later = (...given) => {
    last = given;
    clearTimeout(timer);
    timer = setTimeout(later.flush, wait);
  };
  later.flush = () => {
    clearTimeout(timer);
    const given = last;
    last = null;
    return given ? run(...given) : undefined;
  };
  later.cancel = () => {
    clearTimeout(timer);
    last = null;
  };
  return later;
}

// Calls `run` at once, and again at the end of `wait` if it was asked for meanwhile; never two at a time.
export function spaced(run, wait) {
  let going = false;
  let again = false;
  const call = async () => {
    if (going) {
      again = true;
      return;
    }
    going = true;
    try {
      await run();
    } finally {
      setTimeout(() => {
        going = false;
        if (again) {
          again = false;
          call();
        }
      }, wait);
    }
  };
  return call;
}

export const typing = (target) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName) ||
    (target.tagName === "INPUT" && !/^(checkbox|radio|button|submit)$/.test(target.type)));
