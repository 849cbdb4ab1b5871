// The service worker: keeps the files that make up the portal's look, and a page for when there is no connection.
// Never anything of a person: pages and events are always asked of the hub.

const SHELL = "portal-shell-2";
const OFFLINE = "/portal/offline";
const ICON = "/portal/static/icon-192.png";
const BADGE = "/portal/static/badge.png";
const FILES = [
  "/static/tokens.css",
  ...["portal.css", "talk.css", "visits.css", "settings.css", "portal.js", "passkeys.js", "notices.js", "icons.svg", "icon.svg", "icon-192.png", "badge.png"].map((name) => `/portal/static/${name}`),
];

addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL).then((shell) => shell.addAll([OFFLINE, ...FILES])));
  skipWaiting();
});

addEventListener("activate", (event) => {
  const old = (names) => Promise.all(names.filter((name) => name !== SHELL).map((name) => caches.delete(name)));
  event.waitUntil(caches.keys().then(old).then(() => clients.claim()));
});

addEventListener("fetch", (event) => {
  const { request } = event;
  const path = new URL(request.url).pathname;
  if (request.method !== "GET") {
    return;
  }
  if (FILES.includes(path)) {
    event.respondWith(newest(request));
  } else if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match(OFFLINE)));
  }
});

// What arrives says that there is a message, and holds nothing of it. Should it not be readable, it is still shown:
// browsers take the permission away from workers that show nothing.
addEventListener("push", (event) => {
  let notice = {};
  try {
    notice = event.data.json();
  } catch {
    // Said as far as it can be.
  }
  const { title = "New message", tag, reference } = notice;
  event.waitUntil(registration.showNotification(title, { tag, data: reference, icon: ICON, badge: BADGE }));
});

// Whoever taps it signs in, and reads in the portal; in the window that is open, if there is one.
addEventListener("notificationclick", (event) => {
  event.notification.close();
  const page = new URL("/portal", location.origin);
  if (event.notification.data) {
    page.searchParams.set("notice", event.notification.data);
  }
  event.waitUntil(lead(page.href));
});

async function lead(page) {
  const there = await clients.matchAll({ type: "window" });
  const ours = there.find((one) => new URL(one.url).pathname.startsWith("/portal"));
  return ours ? ours.focus() : clients.openWindow(page);
}

// The hub's file, else the one that was kept.
async function newest(request) {
  try {
    const response = await fetch(request);
    if (response.ok) {
      const shell = await caches.open(SHELL);
      await shell.put(request, response.clone());
    }
    return response;
  } catch {
    return caches.match(request);
  }
}
