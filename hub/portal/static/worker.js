// The service worker: keeps the files that make up the portal's look, and a page for when there is no connection.
// Never anything of a person: pages and events are always asked of the hub.

const SHELL = "portal-shell-2";
const OFFLINE = "/portal/offline";
const FILES = [
  "/static/tokens.css",
  ...["portal.css", "talk.css", "visits.css", "settings.css", "portal.js", "passkeys.js", "icons.svg", "icon.svg"].map((name) => `/portal/static/${name}`),
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
