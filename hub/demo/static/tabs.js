// On a narrow screen one panel shows at a time: tabs by touch, arrow keys, or a swipe along the page.

const NARROW = matchMedia("(max-width: 767px)");
const SWIPE = 64; // pixels

export function tabs(list, panels) {
  const all = [...list.querySelectorAll("[role=tab]")];
  let chosen = 0;

  function choose(index, focus) {
    chosen = Math.max(0, Math.min(index, all.length - 1));
    all.forEach((tab, n) => {
      tab.setAttribute("aria-selected", String(n === chosen));
      tab.tabIndex = n === chosen ? 0 : -1;
      tab.classList.remove("news");
    });
    if (focus) all[chosen].focus();
    arrange();
  }

  function arrange() {
    panels.forEach((panel, n) => {
      panel.hidden = NARROW.matches && n !== chosen;
      if (NARROW.matches) {
        panel.setAttribute("role", "tabpanel");
        panel.dataset.label ??= panel.getAttribute("aria-labelledby");
        panel.setAttribute("aria-labelledby", all[n].id);
      } else if (panel.dataset.label) {
        panel.removeAttribute("role");
        panel.setAttribute("aria-labelledby", panel.dataset.label);
      }
    });
    const log = panels[chosen].querySelector(".log");
    if (log) log.scrollTop = log.scrollHeight;
  }

  all.forEach((tab, n) => tab.addEventListener("click", () => choose(n)));
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -all.length, End: all.length }[event.key];
    if (!step) return;
    event.preventDefault();
    choose(chosen + step, true);
  });

  let start = null;
  const stage = panels[0].parentElement;
  stage.addEventListener("touchstart", (event) => {
    // A row that scrolls sideways itself keeps its own swipe.
    start = event.target.closest(".hints, textarea, select") ? null : event.touches[0];
  }, { passive: true });
  stage.addEventListener("touchend", (event) => {
    if (!start || !NARROW.matches) return;
    const x = event.changedTouches[0].clientX - start.clientX;
    const y = event.changedTouches[0].clientY - start.clientY;
    start = null;
    if (Math.abs(x) > SWIPE && Math.abs(x) > 2 * Math.abs(y)) choose(chosen + (x < 0 ? 1 : -1));
  }, { passive: true });

  NARROW.addEventListener("change", arrange);
  arrange();
}
