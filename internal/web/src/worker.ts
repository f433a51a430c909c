// The service worker. It keeps one page for when the server can't be reached,
// and nothing else: what people wrote is only ever read from the server. It shows
// what is pushed, and leads where a notification points.

declare const self: ServiceWorkerGlobalScope & {
	/** Set by the server before this script: see Worker in pwa.go. */
	shell: { version: string; page: string; files: string[] };
};

const { version, page, files } = self.shell;
const prefix = `campfire:${page}:`; // an origin may have several installations
const name = prefix + version;
const base = page.slice(0, -"/offline".length);
const share = base + "/share";
const shared = `campfire-shared:${base}/`; // see composer/shared.ts

self.addEventListener("install", (event) => event.waitUntil(keep()));
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));
self.addEventListener("fetch", (event) => {
	const { request } = event;
	if (request.method === "POST" && new URL(request.url).pathname === share) event.respondWith(receive(request));
	if (request.method !== "GET") return;
	if (request.mode === "navigate") event.respondWith(navigate(event));
	else if (files.includes(new URL(request.url).pathname)) event.respondWith(file(request));
});

self.addEventListener("push", (event) => event.waitUntil(tell(event.data)));
self.addEventListener("notificationclick", (event) => {
	event.notification.close();
	event.waitUntil(lead(event.notification.data?.navigate ?? self.registration.scope));
});
self.addEventListener("pushsubscriptionchange", (event) => (event as ExtendableEvent).waitUntil(renew(event as SubscriptionChange)));

/** What browsers send that renew a subscription; TypeScript does not know it. */
type SubscriptionChange = ExtendableEvent & { newSubscription?: PushSubscription | null };

/** Declarative web push: what Safari shows without asking this script. */
type Declared = {
	notification: { title: string; body?: string; navigate: string; tag?: string; icon?: string; lang?: string; dir?: NotificationDirection; silent?: boolean; renotify?: boolean; data?: object };
	app_badge?: number;
};

/** Shows a notification, whatever came: a push that shows nothing counts against us. */
async function tell(data: PushMessageData | null): Promise<void> {
	let declared: Partial<Declared> | null = null;
	try {
		declared = data!.json();
	} catch {
		// it is none of ours
	}
	const { title, navigate, data: more, ...options } = declared?.notification ?? { title: "Campfire", navigate: self.registration.scope };
	const count = declared?.app_badge;
	if (count !== undefined) await (count > 0 ? navigator.setAppBadge?.(count) : navigator.clearAppBadge?.())?.catch(() => undefined); // not everywhere allowed
	await self.registration.showNotification(title, { ...options, data: { ...more, navigate } });
}

const answersWithin = 500; // milliseconds in which a page says that it goes there itself

/** Goes to an address in a window that is open, else in a new one. */
async function lead(url: string): Promise<void> {
	const open = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
	const ours = open.filter((c) => c.url.startsWith(self.registration.scope));
	const window = ours.find((c) => c.focused) ?? ours.find((c) => c.visibilityState === "visible") ?? ours[0];
	if (!window) {
		await self.clients.openWindow(url);
		return;
	}
	await window.focus().catch(() => undefined);
	const { port1, port2 } = new MessageChannel();
	const taken = new Promise<boolean>((resolve) => {
		port1.onmessage = () => resolve(true);
		setTimeout(() => resolve(false), answersWithin);
	});
	window.postMessage({ type: "visit", url }, [port2]);
	if (!(await taken)) await window.navigate(url).catch(() => self.clients.openWindow(url));
}

/** Tells the server of the subscription that takes an old one's place. Not every browser brings one. */
async function renew(event: SubscriptionChange): Promise<void> {
	const api = (path: string, options?: RequestInit) => fetch(new URL("api/" + path, self.registration.scope), options);
	let subscription = event.newSubscription;
	if (!subscription) {
		const { key } = await (await api("push/key")).json();
		subscription = await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
	}
	await api("users/me/push_subscriptions", {
		method: "POST",
		headers: { "Content-Type": "application/json" },
		body: JSON.stringify(subscription),
	});
}

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
		if (typeof value === "string" && value !== "") query.set(field, carried(value));
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

const longest = 4000; // bytes of each text as an address carries it

function carried(text: string): string {
	const bytes = (s: string) => encodeURIComponent(s).length;
	const characters = [...text];
	while (bytes(characters.join("")) > longest) characters.splice(Math.min(characters.length - 2, Math.floor((characters.length * longest) / bytes(characters.join("")))), Infinity, "…");
	return characters.join("");
}

async function kept(url: string): Promise<Response | undefined> {
	return (await caches.open(name)).match(url);
}

export {};
