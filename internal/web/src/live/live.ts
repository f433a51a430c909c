// The socket: connects, stays connected, and says when it is not. What was
// missed meanwhile is asked for by number.

import { base, signInPath } from "../base/page";
import { t } from "../base/text";
import { learnTime } from "../base/time";
import { say } from "./status";

export type Frame = { type: string; room_id?: number; seq?: number; [key: string]: any };
type Listener = (frame: Frame) => void;

const silence = 60_000;

export class Live {
	private socket: WebSocket | null = null;
	private listeners = new Map<string, Listener[]>();
	private tries = 0;
	private retry = 0; // as the server asked, milliseconds
	private heard = { clock: 0, timer: 0 };
	private pingEvery = 25_000;
	private timer = 0;
	private stopped = false;
	private began = false;
	epoch = "";
	open = false; // welcomed

	/** Hears frames of a type until the signal, if there is one, is aborted. */
	on(type: string, listener: Listener, signal?: AbortSignal): void {
		if (signal?.aborted) return;
		this.listeners.set(type, [...(this.listeners.get(type) ?? []), listener]);
		signal?.addEventListener("abort", () => {
			this.listeners.set(
				type,
				this.listeners.get(type)!.filter((l) => l !== listener),
			);
		});
	}

	/** Sends a frame; false when there is no connection. */
	send(frame: object): boolean {
		if (!this.open || !this.socket || this.socket.readyState !== WebSocket.OPEN) return false;
		this.socket.send(JSON.stringify(frame));
		return true;
	}

	connect(): void {
		this.began = true;
		if (this.stopped || this.socket) return;
		const url = new URL(base + "/ws?view=html", location.href);
		url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
		const socket = new WebSocket(url, "campfire.v1");
		this.socket = socket;
		let welcomed = false;
		this.heard = moment();
		socket.onmessage = (event) => {
			this.heard = moment();
			const frame: Frame = JSON.parse(event.data);
			if (frame.type === "welcome") {
				welcomed = true;
				this.tries = 0;
				this.open = true;
				this.epoch = frame.epoch;
				this.pingEvery = frame.ping_seconds * 1000;
				learnTime(frame.time);
				say("connection", "");
			} else if (frame.type === "going_away") {
				this.retry = frame.retry_ms;
			}
			this.emit(frame);
		};
		socket.onclose = (event) => {
			if (this.socket !== socket) return;
			this.socket = null;
			this.open = false;
			if (event.code === 4001) {
				this.emit({ type: "disconnected", code: event.code });
				this.signedOut(event.reason === "access_ended");
				return;
			}
			this.emit({ type: "disconnected", code: event.code });
			if (!welcomed) void this.why();
			this.again();
		};
	}

	/** Full jitter, so that not everyone comes back at once. */
	private again(): void {
		if (this.stopped) return;
		const wait = this.retry || Math.random() * Math.min(30_000, 1000 * 2 ** this.tries);
		this.retry = 0;
		this.tries++;
		if (this.tries > 1) say("connection", navigator.onLine ? t("reconnecting") : t("offline"));
		window.clearTimeout(this.timer);
		this.timer = window.setTimeout(() => this.connect(), wait);
	}

	/** An upgrade that fails says nothing; ask another way. */
	private async why(): Promise<void> {
		try {
			const response = await fetch(base + "/api/users/me", { headers: { Accept: "application/json" } });
			if (response.status === 401) this.signedOut();
		} catch {
			// offline: what is tried again says so
		}
	}

	/** The session has ended, or the person may not come here any more: nothing more is tried. What is written is kept. */
	signedOut(barred = false): void {
		if (this.stopped) return;
		this.stopped = true;
		window.clearTimeout(this.timer);
		say("session", barred ? t("barred") : t("signedout"), { label: t("signin"), href: signInPath() });
		this.emit({ type: "signed_out", barred });
	}

	private emit(frame: Frame): void {
		for (const listener of this.listeners.get(frame.type) ?? []) listener(frame);
	}

	constructor() {
		window.setInterval(() => this.check(), 5000);
		// After sleep, or when the page is shown again, timers have not run.
		document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.check(true));
		window.addEventListener("pageshow", (event) => event.persisted && this.check(true));
		window.addEventListener("online", () => {
			if (this.open) say("connection", "");
			this.check(true);
		});
		window.addEventListener("offline", () => say("connection", t("offline")));
	}

	/** Sees whether the connection still is one; hurry: one that is not is made at once. */
	private check(hurry = false): void {
		if (!this.socket) {
			if (!hurry || this.stopped || !this.began) return;
			window.clearTimeout(this.timer);
			this.connect();
			return;
		}
		// The clock may be set meanwhile, and the timer stands while the device sleeps.
		const { clock, timer } = moment();
		const quiet = Math.max(clock - this.heard.clock, timer - this.heard.timer);
		if (quiet > silence || this.socket.readyState === WebSocket.CLOSED) {
			const socket = this.socket;
			this.socket = null;
			this.open = false;
			socket.close();
			this.emit({ type: "disconnected" });
			if (hurry) this.connect();
			else this.again();
		} else if (hurry || quiet > this.pingEvery) {
			this.send({ type: "ping" });
		}
	}
}

function moment(): { clock: number; timer: number } {
	return { clock: Date.now(), timer: performance.now() };
}
