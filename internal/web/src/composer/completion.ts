// Completes what is being written: the names of a room's members after "@",
// emoji after ":", commands after a "/" that all begins with, and sounds after
// "/play".

import { api } from "../base/api";
import { el } from "../base/dom";
import { icon } from "../base/icon";
import { t, tn } from "../base/text";
import { type Emoji, loadEmoji, searchEmoji, toned, useEmoji } from "../parts/emoji";
import { float, place } from "../parts/popup";
import { loadSounds, play } from "../timeline/sounds";
import { composing, insert } from "./field";
import { commandsOf } from "./slash";

type Person = { id: number; name: string; avatar_url: string };
type Option = { label: string; note?: string; image: Node; text: () => string; begin: number; listen?: () => void; more?: boolean };

const pause = 120; // milliseconds without a key, before the server is asked
const most = 8; // options
const fresh = 5 * 60_000; // milliseconds that a list of members is believed
const crowd = 20; // people; a call to more of them is pointed out

const afterAt = /(?:^|[^\p{L}\p{N}_<])@([^\s@<][^\n@]{0,60})$/u;
const afterColon = /(?:^|[^\p{L}\p{N}_:/]):([\p{L}\d_+-]{2,30})(:?)$/u;
const afterSlash = /^\/([a-z]*)$/;
const afterPlay = /^\/play +([a-z]*)$/i;
const wordCharacter = /^[\p{L}\p{N}_]/u;

/** The members of a room, as far as they have been asked for. */
class Members {
	private asked = new Map<string, Promise<{ users: Person[]; whole: boolean }>>();
	private others = 0;
	private readonly since = Date.now();

	constructor(private room: number) {}

	get stale(): boolean {
		return Date.now() - this.since > fresh;
	}

	/** Those whose name holds a text; the first of them where they are many. */
	async find(text: string): Promise<Person[]> {
		const all = await this.ask("");
		const { users } = all.whole ? all : await this.ask(fold(text));
		return users.filter((p) => fold(p.name).includes(fold(text)));
	}

	/** Whether all members are known, so that finding them costs nothing. */
	async known(): Promise<boolean> {
		return (await this.ask("")).whole;
	}

	/** How many a call to everyone reaches, as far as that is known. */
	get count(): number {
		return this.others;
	}

	async learnCount(): Promise<void> {
		if (this.others === 0) this.others = Math.max((await api("GET", `/rooms/${this.room}`)).room.member_count - 1, 0);
	}

	private ask(query: string): Promise<{ users: Person[]; whole: boolean }> {
		let answer = this.asked.get(query);
		if (!answer) {
			answer = api("GET", `/users?room_id=${this.room}&query=${encodeURIComponent(query)}`).then((a) => ({ users: a.users, whole: !a.next_cursor }));
			answer.catch(() => this.asked.delete(query));
			this.asked.set(query, answer);
		}
		return answer;
	}
}

const rooms = new Map<number, Members>();

function membersOf(room: number): Members {
	let members = rooms.get(room);
	if (!members || members.stale) rooms.set(room, (members = new Members(room)));
	return members;
}

let lists = 0;

export class Completion {
	private box: HTMLElement | null = null;
	private options: Option[] = [];
	private active = 0;
	private asked = 0; // the newest question: older answers are passed over
	private timer = 0;
	private readonly id = `completion-${++lists}`;

	/** Completes in a field; to be made before others hear its keys. */
	constructor(
		private input: HTMLTextAreaElement,
		private room: number,
	) {
		input.addEventListener("input", (event) => this.look((event as InputEvent).isComposing));
		input.addEventListener("keydown", (event) => this.key(event));
		input.addEventListener("blur", () => this.close());
		input.addEventListener("pointerdown", () => this.close());
	}

	/** What a text is about to do that one may not mean. */
	warning(): string {
		const { count } = membersOf(this.room);
		return count > crowd && /(^|[^\p{L}\p{N}_])@everyone(?![\p{L}\p{N}_])|<!everyone>/u.test(this.input.value) ? tn("crowd", count) : "";
	}

	private async look(composes: boolean): Promise<void> {
		const question = ++this.asked;
		window.clearTimeout(this.timer);
		const { selectionStart: caret, selectionEnd, value } = this.input;
		const before = value.slice(Math.max(0, caret - 100), caret);
		const whole = composes || caret !== selectionEnd || caret > 100 ? "" : value.slice(0, caret);
		const slash = afterSlash.exec(whole);
		const sound = afterPlay.exec(whole);
		if (slash) {
			this.show(this.commands(slash[1]));
			return;
		}
		const at = composes || caret !== selectionEnd ? null : afterAt.exec(before);
		const colon = composes || caret !== selectionEnd ? null : afterColon.exec(before);
		if (!at && !colon && !sound) {
			this.close();
			return;
		}
		try {
			if (sound) {
				const options = await this.sounds(sound[1]!.toLowerCase(), caret - sound[1]!.length);
				if (question === this.asked) this.show(options);
				return;
			}
			if (colon) {
				await this.lookForEmoji(question, colon[1], colon[2] !== "", caret);
				return;
			}
			const members = membersOf(this.room);
			if (!(await members.known())) await new Promise((resolve) => (this.timer = window.setTimeout(resolve, pause)));
			const options = await this.people(members, at![1], caret - at![1].length - 1);
			if (question === this.asked) this.show(options);
		} catch {
			if (question === this.asked) this.close(); // a name is completed by hand
		}
	}

	private async people(members: Members, text: string, begin: number): Promise<Option[]> {
		const query = fold(text);
		const options: Option[] = [];
		for (const p of rank(await members.find(text), query)) {
			const image = el("img", { class: "avatar", src: p.avatar_url, alt: "", width: "24", height: "24" });
			// The server takes a name for whoever has it alone; where it also begins another's, the id says who is meant.
			const alike = (await members.find(p.name)).some((other) => other.id !== p.id && (fold(other.name) === fold(p.name) || (fold(other.name).startsWith(fold(p.name)) && !wordCharacter.test(other.name.slice(p.name.length)))));
			const plain = !alike && !/[\n@]|^(here|everyone)(?![\p{L}\p{N}_])/iu.test(p.name);
			options.push({ label: p.name, image, begin, text: () => (plain ? `@${p.name} ` : `<@${p.id}> `) });
			if (options.length === most) break;
		}
		if ("everyone".startsWith(query)) {
			await members.learnCount();
			options.push({ label: "everyone", note: tn("everyone", members.count), image: icon("users"), begin, text: () => "@everyone " });
		}
		if ("here".startsWith(query)) options.push({ label: "here", note: t("here"), image: icon("at-sign"), begin, text: () => "@here " });
		return options;
	}

	private commands(text: string): Option[] {
		const found = commandsOf(this.room).filter((c) => c.name.startsWith(text));
		if (found.length === 1 && found[0]!.name === text && !found[0]!.argument) return []; // Enter does it
		return found.map((c) => ({ label: `/${c.name}`, note: c.hint(), image: icon("chevron-right"), begin: 0, text: () => `/${c.name}${c.argument ? " " : ""}`, more: c.argument }));
	}

	/** Sounds can be listened to before one is chosen. */
	private async sounds(text: string, begin: number): Promise<Option[]> {
		const found = Object.entries(await loadSounds()).filter(([name]) => name.startsWith(text));
		if (found.length === 1 && found[0]![0] === text) return []; // it is written out
		return found.map(([name, address]) => {
			const listen = () => void play(address).catch(() => undefined);
			const image = el("span", { class: "completion-listen" }, icon("volume"));
			image.addEventListener("click", (event) => {
				event.stopPropagation();
				listen();
			});
			return { label: name, note: t("slash.listen"), image, begin, text: () => name, listen };
		});
	}

	private async lookForEmoji(question: number, text: string, closed: boolean, caret: number): Promise<void> {
		const emoji = await loadEmoji();
		if (question !== this.asked) return;
		const begin = caret - text.length - (closed ? 2 : 1);
		const option = (e: Emoji) => ({
			label: `:${e.shortcodes[0] ?? e.label}:`,
			image: el("span", { class: "completion-emoji" }, toned(e)),
			begin,
			text: () => {
				const char = toned(e);
				useEmoji(char);
				return char;
			},
		});
		if (closed) {
			this.close();
			const meant = emoji.find((e) => e.shortcodes.includes(text.toLowerCase()));
			if (meant) this.commit(option(meant));
			return;
		}
		this.show(searchEmoji(emoji, text).slice(0, most).map(option));
	}

	// — The list —

	private show(options: Option[]): void {
		if (options.length === 0 || document.activeElement !== this.input) {
			this.close();
			return;
		}
		this.options = options;
		this.active = 0;
		if (!this.box) {
			this.box = el("div", { class: "popup completion", role: "listbox", id: this.id, "aria-label": t("completion") });
			float(this.box, this.input.form!);
			this.input.setAttribute("role", "combobox");
			this.input.setAttribute("aria-autocomplete", "list");
			this.input.setAttribute("aria-expanded", "true");
			this.input.setAttribute("aria-controls", this.id);
		}
		this.box.replaceChildren(
			...options.map((o, i) => {
				const row = el("div", { class: "menu-item", role: "option", id: `${this.id}-${i}` }, o.image, el("bdi", { class: "completion-name" }, o.label), ...(o.note ? [el("span", { class: "completion-note" }, o.note)] : []));
				row.addEventListener("pointerdown", (event) => event.preventDefault()); // the focus stays where one writes
				row.addEventListener("click", () => this.commit(o));
				return row;
			}),
		);
		this.mark();
		place(this.box, this.input.getBoundingClientRect(), "above");
	}

	private mark(): void {
		[...this.box!.children].forEach((row, i) => row.setAttribute("aria-selected", String(i === this.active)));
		this.input.setAttribute("aria-activedescendant", `${this.id}-${this.active}`);
		this.box!.children[this.active].scrollIntoView({ block: "nearest" });
	}

	private close(): void {
		this.asked++;
		if (!this.box) return;
		this.box.remove();
		this.box = null;
		for (const name of ["role", "aria-autocomplete", "aria-expanded", "aria-controls", "aria-activedescendant"]) this.input.removeAttribute(name);
	}

	private key(event: KeyboardEvent): void {
		if (!this.box || composing(event) || event.ctrlKey || event.metaKey || event.altKey) return;
		switch (event.key) {
			case "ArrowDown":
			case "ArrowUp":
				this.active = (this.active + (event.key === "ArrowDown" ? 1 : -1) + this.options.length) % this.options.length;
				this.mark();
				break;
			case "Enter":
			case "Tab":
				if (event.shiftKey) return;
				this.commit(this.options[this.active]);
				break;
			case "Escape":
				this.close();
				break;
			case "ArrowRight":
				if (this.options[this.active]!.listen) {
					this.options[this.active]!.listen!();
					break;
				}
				this.close();
				return;
			case "ArrowLeft":
			case "Home":
			case "End":
				this.close();
				return;
			default:
				return;
		}
		event.preventDefault();
		event.stopPropagation();
	}

	private commit(option: Option): void {
		const end = this.input.selectionEnd;
		this.close();
		this.input.setSelectionRange(option.begin, end);
		insert(this.input, option.text());
		if (!option.more) this.close(); // what was inserted is asked about no more
	}
}

/** Those whose name begins with a text first, then those with such a word; within words only a longer text is looked for. */
function rank(people: Person[], query: string): Person[] {
	const place = ({ name }: Person) => {
		const folded = fold(name);
		return folded.startsWith(query) ? 0 : folded.split(/[^\p{L}\p{N}]+/u).some((word) => word.startsWith(query)) ? 1 : 2;
	};
	return people
		.map((p) => ({ p, at: place(p) }))
		.filter(({ at }) => at < 2 || query.length > 2)
		.sort((a, b) => a.at - b.at)
		.map(({ p }) => p);
}

/** A text without letter case and accents. */
function fold(s: string): string {
	return s.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
