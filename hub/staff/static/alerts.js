// Says at the place of compliance, on every page of whoever looks at alerts, how many wait for them.

const LOOK = 60_000;
const place = document.querySelector('.rail a[href="/compliance"]');
const words = document.querySelector('meta[name="alerts"]')?.content ?? "{n}";

const show = (count) => {
  place.querySelector(".waits")?.remove();
  place.title = [place.querySelector("span").textContent, count && words.replace("{n}", count)].filter(Boolean).join(": ");
  if (count) {
    const mark = document.createElement("b");
    mark.className = "waits";
    mark.textContent = count > 99 ? "99+" : count;
    mark.setAttribute("aria-label", words.replace("{n}", count));
    place.append(mark);
  }
};

const look = async () => {
  if (!document.hidden) {
    try {
      const answer = await fetch("/inbox/api/alerts", {
        headers: { "X-Staff-Refresh": "1" },
        cache: "no-store",
        credentials: "same-origin",
      });
      if (!answer.ok) {
        return;
      }
      show((await answer.json()).waiting);
    } catch {
      // No connection: it is looked again later.
    }
  }
  setTimeout(look, LOOK);
};

if (place) {
  look();
}
