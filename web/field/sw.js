// SPDX-License-Identifier: MPL-2.0
// The field page without a network. It keeps the files of one version of the page (tools/
// gensw.mjs writes which) and nothing of the city: no case, no photo, no answer of the API
// passes through it. A new version waits until the page says so, which it does only when a
// person taps "update" and no form is open. Caches are named by place, since several cities
// may share an origin, and only this place's own are ever deleted.
const VERSION = '__VERSION__';
const SHELL = [/* __SHELL__ */];
const scope = new URL(self.registration.scope);
const prefix = `gridcase:${scope.pathname}:shell:`;
const name = prefix + VERSION;
const OWN = ['app.webmanifest', 'icon-192.png', 'icon-512.png', 'icon.svg'].map((file) => scope.pathname + file);

async function fill() {
  const cache = await caches.open(name);
  const known = new Set((await cache.keys()).map((request) => new URL(request.url).pathname));
  const fetchOne = async (path, mode) => {
    if (known.has(path) && mode !== 'reload') return;
    const response = await fetch(path, { cache: mode, credentials: 'same-origin' });
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    await cache.put(path, response);
  };
  await fetchOne(scope.pathname, 'reload');
  await Promise.all([...SHELL.map((path) => fetchOne(path, 'default')), ...OWN.map((path) => fetchOne(path, 'reload'))]);
}

self.addEventListener('install', (event) => event.waitUntil(fill()));

self.addEventListener('activate', (event) =>
  event.waitUntil(
    (async () => {
      for (const key of await caches.keys()) if (key.startsWith(prefix) && key !== name) await caches.delete(key);
      await self.clients.claim();
    })(),
  ),
);

self.addEventListener('message', (event) => {
  if (event.data === 'take-over') void self.skipWaiting();
  else if (event.data === 'version') event.source?.postMessage({ version: VERSION });
});

async function kept(path, request) {
  const cache = await caches.open(name);
  return (await cache.match(path)) ?? fetch(request);
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET') return;
  const url = new URL(request.url);
  if (url.origin !== scope.origin) return;
  if (request.mode === 'navigate' && url.pathname.startsWith(scope.pathname)) event.respondWith(kept(scope.pathname, request));
  else if (SHELL.includes(url.pathname) || OWN.includes(url.pathname)) event.respondWith(kept(url.pathname, request));
});
