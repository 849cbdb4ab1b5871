// Tabs: by touch, by arrow keys and, across the page's panels on a narrow screen, by a swipe.

const NARROW = matchMedia("(max-width: 767px)");
const SWIPE = 64; // pixels

// One of `panels` shows at a time; with `onlyNarrow` all of them do on a wide screen. Gives what chooses one by number.
export function tabs(list, panels, { onlyNarrow = false } = {}) {
  const all = [...list.querySelectorAll("[role=tab]")];
  let chosen = 0;

  function choose(index, focus) {
    chosen = Math.max(0, Math.min(index, all.length - 1));
    all.forEach((tab, n) => {
      tab.setAttribute("aria-selected", String(n === chosen));
      tab.tabIndex = n === chosen ? 0 : -1;
    });
    if (focus) all[chosen].focus();
    arrange();
  }

  function arrange() {
    const apart = !onlyNarrow || NARROW.matches;
    panels.forEach((panel, n) => {
      panel.hidden = apart && n !== chosen;
      if (!onlyNarrow) return;
      if (apart) {
        panel.setAttribute("role", "tabpanel");
        panel.dataset.label ??= panel.getAttribute("aria-labelledby");
        panel.setAttribute("aria-labelledby", all[n].id);
      } else if (panel.dataset.label) {
        panel.removeAttribute("role");
        panel.setAttribute("aria-labelledby", panel.dataset.label);
      }
    });
    for (const log of panels[chosen].querySelectorAll(".log")) log.scrollTop = log.scrollHeight;
  }

  all.forEach((tab, n) => tab.addEventListener("click", () => choose(n)));
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -all.length, End: all.length }[event.key];
    if (!step) return;
    event.preventDefault();
    choose(chosen + step, true);
  });
  if (onlyNarrow) {
    swipes(panels[0].parentElement, (step) => choose(chosen + step));
    NARROW.addEventListener("change", arrange);
  }
  arrange();
  return choose;
}

function swipes(stage, go) {
  let start = null;
  stage.addEventListener("touchstart", (event) => {
    // A row that scrolls sideways itself keeps its own swipe.
    start = event.target.closest(".hints, textarea, select, input") ? null : event.touches[0];
  }, { passive: true });
  stage.addEventListener("touchend", (event) => {
    if (!start || !NARROW.matches) return;
    const x = event.changedTouches[0].clientX - start.clientX;
    const y = event.changedTouches[0].clientY - start.clientY;
    start = null;
    if (Math.abs(x) > SWIPE && Math.abs(x) > 2 * Math.abs(y)) go(x < 0 ? 1 : -1);
  }, { passive: true });
}
