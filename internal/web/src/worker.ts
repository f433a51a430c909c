// The service worker. It keeps one page for when the server can't be reached,
// and nothing else: what people wrote is only ever read from the server.

declare const self: ServiceWorkerGlobalScope & {
	/** Set by the server before this script: see Worker in pwa.go. */
	shell: { version: string; page: string; files: string[] };
};

const { version, page, files } = self.shell;
const prefix = `campfire:${page}:`; // an origin may have several installations
const name = prefix + version;

self.addEventListener("install", (event) => event.waitUntil(keep()));
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));
self.addEventListener("fetch", (event) => {
	const { request } = event;
	if (request.method !== "GET") return;
	if (request.mode === "navigate") event.respondWith(navigate(event));
	else if (files.includes(new URL(request.url).pathname)) event.respondWith(file(request));
});

async function keep(): Promise<void> {
	const cache = await caches.open(name);
	await cache.addAll([new Request(page, { cache: "reload" }), ...files]);
	await self.skipWaiting();
}

async function takeOver(): Promise<void> {
	for (const key of await caches.keys()) {
		if (key.startsWith(prefix) && key !== name) await caches.delete(key);
	}
	// The browser asks the server while this script is still starting.
	await self.registration.navigationPreload?.enable();
	await self.clients.claim();
}

async function navigate(event: FetchEvent): Promise<Response> {
	try {
		return (await event.preloadResponse) ?? (await fetch(event.request));
	} catch {
		return (await kept(page)) ?? Response.error();
	}
}

async function file(request: Request): Promise<Response> {
	return (await kept(request.url)) ?? fetch(request);
}

async function kept(url: string): Promise<Response | undefined> {
	return (await caches.open(name)).match(url);
}

export {};
