// The service worker. It keeps one page for when the server can't be reached,
// and nothing else: what people wrote is only ever read from the server.

declare const self: ServiceWorkerGlobalScope & {
	/** Set by the server before this script: see Worker in pwa.go. */
	shell: { version: string; page: string; files: string[] };
};

const { version, page, files } = self.shell;
const prefix = `campfire:${page}:`; // an origin may have several installations
const name = prefix + version;
const base = page.slice(0, -"/offline".length);
const share = base + "/share";
const shared = `campfire-shared:${base}/`; // see shared.ts

self.addEventListener("install", (event) => event.waitUntil(keep()));
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));
self.addEventListener("fetch", (event) => {
	const { request } = event;
	if (request.method === "POST" && new URL(request.url).pathname === share) event.respondWith(receive(request));
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

/**
 * Takes what another application hands on: its texts go on in the address, and
 * its files wait here until it is known which room they are for. A page of
 * another site could send them just as well; nothing comes of it before the
 * reader has chosen a room and sent the message.
 */
async function receive(request: Request): Promise<Response> {
	const form = await request.formData();
	const query = new URLSearchParams();
	for (const field of ["title", "text", "url"]) {
		const value = form.get(field);
		if (typeof value === "string" && value !== "") query.set(field, value.slice(0, 2000));
	}
	const files = form.getAll("files").filter((f): f is File => f instanceof File && (f.size > 0 || f.name !== ""));
	await caches.delete(shared);
	if (files.length > 0) {
		const cache = await caches.open(shared);
		for (const [i, file] of files.entries()) {
			const headers = { "Content-Type": file.type || "application/octet-stream", "X-Name": encodeURIComponent(file.name), "X-At": String(Date.now()) };
			await cache.put(`${share}/${i}`, new Response(file, { headers }));
		}
		query.set("files", String(files.length));
	}
	return Response.redirect(`${share}?${query}`, 303);
}

async function kept(url: string): Promise<Response | undefined> {
	return (await caches.open(name)).match(url);
}

export {};
