// One room on screen: applies its events by their numbers, and says what has
// been read.

import { Actions } from "./actions";
import { Composer } from "./composer";
import type { Frame, Live } from "./live";
import { MessageLog } from "./log";
import { base, viewer } from "./page";
import { Sender } from "./sender";
import { t } from "./text";
import { Typing } from "./typing";

const looked = 500; // milliseconds on screen until it counts as read

export class Room {
	readonly id: number;
	readonly log: MessageLog;
	readonly composer: Composer | null = null; // not of someone who has left
	private seq: number; // all events up to here are in the page
	private epoch: string;
	private read: number;
	private readTimer = 0;
	private sender: Sender;
	private typing: Typing;
	private left = new AbortController();

	constructor(
		element: HTMLElement,
		private live: Live,
	) {
		const { signal } = this.left;
		this.id = Number(element.dataset.room);
		this.seq = Number(element.dataset.seq);
		this.read = Number(document.getElementById("read")?.dataset.read);
		this.epoch = element.dataset.epoch ?? "";
		this.log = new MessageLog(element, this.id, this.read, signal, () => this.seen());
		this.sender = new Sender(this.id, this.log, live, signal, (body) => this.composer?.restore(body));
		this.typing = new Typing(this.id, live, signal);
		const actions = new Actions(this, signal);
		const form = document.getElementById("composer") as HTMLFormElement | null;
		if (form) {
			this.composer = new Composer(form, this.id, {
				send: (body, replyTo) => this.send(body, replyTo),
				typing: (active) => this.typing.say(active),
				editLast: () => {
					const last = this.log.messages().findLast((m) => m.dataset.creator === viewer);
					if (last) actions.edit(last);
					return last !== undefined;
				},
			}, signal);
		}
		this.listen(signal);
		this.log.start();
		if (live.open) this.subscribe();
	}

	/** Leaves the room's page; another may be shown after it. */
	close(): void {
		this.left.abort();
		window.clearTimeout(this.readTimer);
		this.live.send({ type: "present", room_id: this.id, visible: false });
		this.live.send({ type: "unsubscribe", rooms: [this.id] });
	}

	private listen(signal: AbortSignal): void {
		const { live } = this;
		const here = (type: string, act: (f: Frame) => void) => live.on(type, (f) => f.room_id === this.id && act(f), signal);
		live.on("welcome", () => this.subscribe(), signal);
		for (const type of ["message_created", "message_updated", "message_deleted", "boost_created", "boost_deleted"]) here(type, (f) => this.event(f));
		here("batch", (f) => f.messages.forEach((e: Frame) => this.event(e)));
		here("subscribed", (f) => {
			this.seq = Math.max(this.seq, f.seq!);
			this.present();
			this.sender.flush();
		});
		here("resync", () => location.reload());
		here("room_removed", () => {
			document.getElementById("status")!.textContent = t("removed");
			this.composer?.disable();
		});
		live.on(
			"positions",
			(f) => {
				for (const r of f.rooms) if (r.id === this.id && r.seq > this.seq) this.subscribe();
			},
			signal,
		);
		document.addEventListener(
			"visibilitychange",
			() => {
				this.present();
				this.seen();
			},
			{ signal },
		);
	}

	private subscribe(): void {
		this.live.send({ type: "subscribe", rooms: [{ id: this.id, since: this.seq }], epoch: this.epoch });
	}

	private present(): void {
		this.live.send({ type: "present", room_id: this.id, visible: document.visibilityState === "visible" });
	}

	/** Applies one event. What is known already is passed over; a gap is asked for. */
	private event(f: Frame): void {
		if (f.room_id !== this.id || f.seq! <= this.seq) return;
		if (f.seq! > this.seq + 1) {
			this.subscribe();
			return;
		}
		this.seq = f.seq!;
		switch (f.type) {
			case "message_created": {
				const mine = String(f.creator_id) === viewer;
				this.log.append(f.html, f.message_id, f.client_message_id, mine);
				if (mine) this.sender.acknowledged(f.client_message_id);
				this.typing.posted(f.creator_id);
				break;
			}
			case "message_updated":
				this.log.replace(f.message_id, f.html);
				break;
			case "message_deleted":
				this.log.remove(f.message_id);
				break;
			case "boost_created":
				this.log.boost(f.message_id, f.boost);
				break;
			case "boost_deleted":
				this.log.unboost(f.boost_id);
				break;
		}
		this.seen();
	}

	/** Moves the read pointer once the end has been on screen for a moment. */
	private seen(): void {
		window.clearTimeout(this.readTimer);
		const unread = () => this.seq > this.read && this.log.atEnd() && document.visibilityState === "visible";
		if (!unread()) return;
		this.readTimer = window.setTimeout(() => {
			if (unread() && this.live.send({ type: "read", room_id: this.id, seq: this.seq })) this.read = this.seq;
		}, looked);
	}

	private send(body: string, replyTo: number): void {
		this.sender.send(body, replyTo);
		if (this.log.hasAfter) location.assign(`${base}/rooms/${this.id}`);
	}
}
