// How far exports are, while one is under way. Without it the page shows how things stood.

const LOOK = 1000;
const number = new Intl.NumberFormat(document.documentElement.lang === "es" ? "es-US" : "en-US");
const under = () => document.querySelectorAll('[data-run][data-state="queued"], [data-run][data-state="running"]');

const show = (one) => {
  const row = document.querySelector(`[data-run="${one.id}"]`);
  if (!row) {
    return;
  }
  if (["done", "failed"].includes(one.state) && one.state !== row.dataset.state) {
    // It can be taken now.
    location.replace(location.pathname);
    return;
  }
  row.dataset.state = one.state;
  const bar = row.querySelector("progress");
  bar.max = Math.max(1, one.expected);
  bar.value = one.done;
  row.querySelector("[data-said]").textContent = row
    .querySelector("[data-said]")
    .textContent.replace(/[\d,.]+(\D+)[\d,.]+/, `${number.format(one.done)}$1${number.format(one.expected)}`);
};

const look = async () => {
  if (!under().length) {
    return;
  }
  if (!document.hidden) {
    try {
      const answer = await fetch("/inbox/api/exports", {
        headers: { "X-Staff-Refresh": "1" },
        cache: "no-store",
        credentials: "same-origin",
      });
      if (!answer.ok) {
        return;
      }
      (await answer.json()).items.forEach(show);
    } catch {
      // The hub is away: it is asked again.
    }
  }
  setTimeout(look, LOOK);
};

look();
