// One room on screen: applies its events by their numbers, and says what has
// been read.

import { viewer } from "../base/page";
import { t } from "../base/text";
import type { Frame, Live } from "../live/live";
import { say, showStatus } from "../live/status";
import { Typing } from "../live/typing";
import { MessageLog, Unanswered } from "../timeline/log";
import { heard } from "../timeline/sounds";
import { idOf } from "../timeline/stretch";
import { Composer, type Desk } from "../composer/composer";
import { Sender } from "../composer/sender";
import type { Upload } from "../composer/upload";
import { Actions } from "./actions";
import { rescue } from "./editor";
import { MessageKeys } from "./messagekeys";

const looked = 500; // milliseconds on screen until it counts as read
const patience = 15_000; // milliseconds, for the answer to a subscription
const lag = 3000; // milliseconds from an acknowledgement to its event
const pause = 2000; // milliseconds before asking again

export class Room {
	readonly id: number;
	readonly log: MessageLog;
	readonly composer: Composer | null = null; // not of someone who has left
	readonly actions: Actions;
	private seq: number; // all events up to here are in the page or on their way into it
	private epoch: string;
	private read: number; // as the server has it
	private said = 0; // what it was told and has not confirmed
	private held = false; // marked unread here or elsewhere: nothing counts as read
	private asking = 0; // timer: a subscription is to be answered
	private refreshing = false;
	private gone = false;
	private caughtUp = false; // with what came after the page was made
	private timers = { read: 0, again: 0, expect: 0 };
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
		say("room", "");
		showStatus();
		this.log = new MessageLog(element, this.id, this.read, signal, {
			moved: () => this.seen(),
			arrived: (client) => this.sender.arrived(client),
			rescued: (text) => rescue(text, this.composer),
			deleted: (id) => this.composer?.gone(id),
			astray: () => void this.refresh(),
		});
		this.sender = new Sender(this.id, this.log, live, signal, {
			arrived: () => this.log.applied,
			expect: (seq) => this.expect(seq),
			giveBack: (body) => this.composer?.restore(body),
			home: () => this.composer?.input,
		});
		this.typing = new Typing(this.id, live, signal);
		this.actions = new Actions(this, signal);
		const form = document.getElementById("composer") as HTMLFormElement | null;
		if (form) {
			const desk: Desk = {
				send: (body, replyTo, uploads, previews) => this.send(body, replyTo, uploads, previews),
				typing: (active) => this.typing.say(active),
				editLast: () => {
					const last = this.log.messages().findLast((m) => m.dataset.creator === viewer);
					if (last) this.actions.edit(last);
					return last !== undefined;
				},
			};
			this.composer = new Composer(form, this.id, desk, signal);
		}
		new MessageKeys(this, signal);
		this.log.start();
		if (!this.composer) {
			// Nothing is told to someone who is not in the room; who joins elsewhere is here, too.
			live.on("room_added", (f) => f.room.id === this.id && location.reload(), signal);
			return;
		}
		this.listen(signal);
		if (live.open) this.subscribe();
	}

	/** Leaves the room's page; another may be shown after it. */
	close(): void {
		this.left.abort();
		for (const timer of Object.values(this.timers)) window.clearTimeout(timer);
		window.clearTimeout(this.asking);
		this.live.send({ type: "present", room_id: this.id, visible: false });
		this.live.send({ type: "unsubscribe", rooms: [this.id] });
	}

	private listen(signal: AbortSignal): void {
		const { live } = this;
		const here = (type: string, act: (f: Frame) => void) => live.on(type, (f) => f.room_id === this.id && act(f), signal);
		live.on("welcome", () => this.subscribe(), signal);
		live.on(
			"disconnected",
			() => {
				this.answered();
				this.said = 0;
			},
			signal,
		);
		for (const type of ["message_created", "message_updated", "message_deleted", "boost_created", "boost_deleted"]) here(type, (f) => this.event(f));
		here("batch", (f) => f.messages.forEach((e: Frame) => this.event(e)));
		here("subscribed", (f) => this.subscribed(f.seq!));
		here("resync", () => void this.refresh());
		here("room_removed", (f) => this.removed(f.deleted === true));
		live.on("room_added", (f) => f.room.id === this.id && this.back(), signal);
		here("read", (f) => this.moved(f.read_seq));
		live.on("error", (f) => this.refused(f), signal);
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
		// Whoever scrolls reads again.
		for (const type of ["wheel", "touchmove", "pointerdown"]) this.log.element.addEventListener(type, () => this.release(), { passive: true, signal });
	}

	// — Events by their numbers —

	/** Asks for everything after what is known; once, until that is answered. */
	private subscribe(): void {
		if (this.asking || this.refreshing || this.gone) return;
		if (!this.live.send({ type: "subscribe", rooms: [{ id: this.id, since: this.seq }], epoch: this.epoch })) return;
		this.asking = window.setTimeout(() => {
			this.answered();
			this.subscribe();
		}, patience);
	}

	private answered(): void {
		window.clearTimeout(this.asking);
		this.asking = 0;
	}

	private subscribed(seq: number): void {
		this.answered();
		if (seq > this.seq) {
			void this.refresh(); // the replay had a gap
			return;
		}
		if (!this.caughtUp) {
			// A page that was fetched early, or kept, is older than what the reader has not seen.
			this.caughtUp = true;
			if (this.read > 0 && this.read < seq) this.log.divideFrom(this.read);
		}
		this.log.recover();
		this.log.redate();
		this.present();
		this.sender.settle();
		this.sender.flush();
		this.seen();
	}

	/** Applies one event. What is known already is passed over; a gap is asked for. */
	private event(f: Frame): void {
		if (f.room_id !== this.id || f.seq! <= this.seq) return;
		if (f.seq! > this.seq + 1) {
			this.subscribe();
			return;
		}
		this.seq = f.seq!;
		this.log.take(f);
		if (f.type !== "message_created") return;
		this.typing.posted(f.creator_id);
		if (!this.asking) heard(f.html); // what is replayed was played in its time
	}

	/** An event of this number is to come; one that doesn't is asked for. */
	private expect(seq: number): void {
		if (seq <= this.seq) return;
		window.clearTimeout(this.timers.expect);
		this.timers.expect = window.setTimeout(() => {
			if (seq > this.seq) this.subscribe();
		}, lag);
	}

	private refused(f: Frame): void {
		if (f.client_message_id || (f.room_id !== undefined && f.room_id !== this.id) || !this.asking) return;
		this.answered();
		if (f.code === "forbidden" || f.code === "not_found") void this.refresh();
		else this.later(() => this.subscribe());
	}

	private later(act: () => void): void {
		window.clearTimeout(this.timers.again);
		this.timers.again = window.setTimeout(act, pause);
	}

	/** Loads the room anew where the reader is, and goes on from there. */
	private async refresh(): Promise<void> {
		if (this.refreshing || this.gone) return;
		this.answered();
		this.refreshing = true;
		const place = this.log.following ? undefined : this.log.firstOnScreen();
		try {
			const seq = await this.log.reset(place && idOf(place)).catch((error) => {
				// A message that this history does not have is no place in it.
				if (place && error instanceof Unanswered && error.status === 404) return this.log.reset();
				throw error;
			});
			this.refreshing = false;
			if (seq === null) {
				this.later(() => void this.refresh());
				return;
			}
			this.seq = seq;
			this.epoch = this.log.element.dataset.epoch ?? "";
			this.subscribe();
		} catch (error) {
			this.refreshing = false;
			const status = error instanceof Unanswered ? error.status : 0;
			if (this.left.signal.aborted) return;
			if (status === 403 || status === 404) this.removed(false);
			else if (status === 401) this.live.signedOut();
			else this.later(() => void this.refresh());
		}
	}

	/** The room is not the reader's any more, or no one's: what is on screen stays, and what is written. */
	private removed(deleted: boolean): void {
		this.gone = true;
		say("room", deleted ? t("roomdeleted") : t("removed"));
		this.composer?.enable(false);
	}

	/** The reader is in the room again. */
	private back(): void {
		if (!this.gone) return;
		this.gone = false;
		say("room", "");
		this.composer?.enable(true);
		void this.refresh();
	}

	private present(): void {
		this.live.send({ type: "present", room_id: this.id, visible: document.visibilityState === "visible" });
	}

	// — Reading —

	/** Moves the read pointer once the end has been on screen for a moment. */
	private seen(): void {
		window.clearTimeout(this.timers.read);
		const unread = () => !this.held && this.seq > Math.max(this.read, this.said) && this.log.following && document.visibilityState === "visible";
		if (!this.composer || !unread()) return;
		this.timers.read = window.setTimeout(() => {
			if (unread() && this.live.send({ type: "read", room_id: this.id, seq: this.seq })) this.said = this.seq;
		}, looked);
	}

	/**
	 * The pointer was moved, here or on another device. It only goes back when
	 * the reader marks something unread: then reading begins there again.
	 */
	private moved(read: number): void {
		const back = read < this.read;
		this.read = read;
		if (back) {
			this.said = 0;
			this.held = true;
			window.clearTimeout(this.timers.read);
			this.log.divideFrom(read);
		}
	}

	private release(): void {
		if (!this.held) return;
		this.held = false;
		this.seen();
	}

	private send(body: string, replyTo: number, uploads?: Upload[], previews?: boolean): void {
		this.sender.send(body, replyTo, uploads, previews);
		if (this.log.hasAfter) void this.log.toNewest();
	}
}
