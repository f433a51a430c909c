// What can be done from anywhere: by the switcher, and much of it by keys.

import { explain } from "../base/api";
import { el } from "../base/dom";
import { writing } from "../base/focus";
import { icon } from "../base/icon";
import { base } from "../base/page";
import { t } from "../base/text";
import { darkNow, wear } from "../base/theme";
import { copy } from "../parts/copy";
import type { Drawer } from "../parts/drawer";
import { toast } from "../parts/toast";
import { canInstall, install } from "../device/install";
import { mute, muted } from "../timeline/sounds";
import { levels, type Involvement } from "./involvement";
import { character, chord, type Key, named, showKeys } from "./keys";
import type { Pages } from "./navigate";
import type { Sidebar } from "./sidebar";
import type { Line } from "./switcher";

export class Commands {
	/** The keys, in the order in which they are tried and shown. */
	readonly keys: Key[];

	constructor(
		private pages: Pages,
		private sidebar: Sidebar,
		private involvement: Involvement,
		drawer: Drawer,
		openSwitcher: () => void,
	) {
		this.keys = [
			{ shown: ["mod+K"], pressed: chord("k", { mod: true }), label: () => t("keys.switcher"), act: openSwitcher, written: true, group: "go" },
			{ shown: ["Alt+↑", "↓"], pressed: (e) => chord("ArrowUp", { alt: true })(e) || chord("ArrowDown", { alt: true })(e), label: () => t("keys.rooms"), act: (e) => this.step(e, false), written: true, group: "go" },
			{ shown: ["Alt+Shift+↑", "↓"], pressed: (e) => chord("ArrowUp", { alt: true, shift: true })(e) || chord("ArrowDown", { alt: true, shift: true })(e), label: () => t("keys.rooms.unread"), act: (e) => this.step(e, true), written: true, group: "go" },
			{ shown: ["/"], pressed: character("/"), label: () => t("keys.search"), act: () => this.search(), group: "go" },
			{ shown: ["?"], pressed: character("?"), label: () => t("keys.title"), act: () => showKeys(this.keys), group: "go" },
			{ shown: ["Esc"], pressed: chord("Escape"), label: () => t("keys.read"), act: (e) => !drawer.open && this.escape(e), written: true, group: "room" },
			{ shown: ["Shift+Esc"], pressed: chord("Escape", { shift: true }), label: () => t("keys.read.all"), act: (e) => this.idle(e.target) && void this.readAll(), written: true, group: "room" },
			{ shown: ["A–Z"], pressed: (e) => e.key.length === 1 && e.key !== " " && !e.ctrlKey && !e.metaKey && !e.altKey, label: () => t("keys.write"), act: () => this.write(), group: "room" },
		];
	}

	/** The commands that there are now, those used most first. */
	lines(): Line[] {
		const { room } = this.pages;
		const dark = darkNow();
		const command = (label: string, sign: () => SVGElement, what: Partial<Line>): Line => ({ label, kind: "", icon: sign, ...what });
		return [
			command(t("command.room"), () => icon("plus"), { url: base + "/rooms/new" }),
			command(t("command.ping"), () => icon("message-circle"), { url: base + "/directs/new" }),
			command(t("command.mentions"), () => icon("at-sign"), { url: base + "/mentions" }),
			command(t("command.read"), () => icon("check"), { act: () => this.readAll(), keys: named("Shift+Esc") }),
			command(t("command.profile"), () => icon("user"), { url: base + "/profile" }),
			command(t("command.account"), () => icon("gear"), { url: base + "/account" }),
			command(t("keys.title"), () => icon("keyboard"), { act: () => showKeys(this.keys), keys: "?" }),
			command(dark ? t("command.light") : t("command.dark"), () => (dark ? icon("sun") : icon("moon")), { act: () => this.theme(dark ? "light" : "dark") }),
			command(muted() ? t("sound.unmute") : t("sound.mute"), () => (muted() ? icon("volume") : icon("volume-off")), { act: () => mute(!muted()) }),
			...(room ? [command(t("command.link"), () => icon("link"), { act: () => copy(new URL(`${base}/rooms/${room.id}`, location.href).href) })] : []),
			...this.involvement
				.choices()
				.filter((level) => level !== this.involvement.level)
				.map((level) => command(t("command.notify", { level: levels[level].label() }), levels[level].icon, { act: () => this.involvement.set(level) })),
			...(canInstall() ? [command(t("install"), () => icon("download"), { act: install })] : []),
			command(t("command.logout"), () => icon("log-out"), { act: () => this.logout() }),
		];
	}

	/** Goes to the next room of the sidebar, or the one before. */
	private step(event: KeyboardEvent, unread: boolean): void {
		const rows = this.sidebar.rows();
		const by = event.key === "ArrowDown" ? 1 : -1;
		const at = rows.findIndex((row) => Number(row.dataset.room) === this.pages.room?.id);
		for (let n = 1; n <= rows.length; n++) {
			const from = at < 0 && by < 0 ? 0 : at;
			const row = rows[(from + by * n + rows.length * n) % rows.length];
			if (Number(row.dataset.room) === this.pages.room?.id || (unread && !(Number(row.dataset.unread) > 0))) continue;
			void this.pages.visit(row.href);
			return;
		}
	}

	private search(): void {
		const field = document.querySelector<HTMLInputElement>("#main input[type=search]");
		if (field) field.focus();
		else void this.pages.visit(base + "/search");
	}

	/** Leaves a search; in a room, takes all of it as read. */
	private escape(event: KeyboardEvent): boolean {
		const field = event.target as HTMLElement;
		if (document.body.classList.contains("searches")) {
			if (field instanceof HTMLInputElement && field.value !== "") return false; // the browser empties it
			this.pages.leave();
			return true;
		}
		const { room } = this.pages;
		if (!room || !this.idle(field)) return false;
		void room.log.toNewest();
		return true;
	}

	/** Whether nothing is being written: the empty composer mostly has the focus. */
	private idle(target: EventTarget | null): boolean {
		const input = this.pages.room?.composer?.input;
		return !writing(target) || (target === input && input?.value === "" && document.getElementById("replying")?.hidden !== false);
	}

	private async readAll(): Promise<void> {
		try {
			await this.sidebar.readAll();
			toast(t("command.read.done"));
		} catch (error) {
			toast(explain(error), { error: true });
		}
	}

	/** What is typed with nothing to type it into is meant for the room. */
	private write(): boolean {
		this.pages.room?.composer?.focus();
		return false; // the character goes where the focus is now
	}

	/** Shows this device's pages in another theme, at once and from now on. */
	private async theme(theme: "light" | "dark"): Promise<void> {
		wear(theme);
		try {
			await fetch(base + "/profile/appearance", { method: "POST", body: new URLSearchParams({ theme }), redirect: "manual" });
		} catch (error) {
			toast(explain(error), { error: true });
		}
	}

	private logout(): void {
		const form = el("form", { method: "post", action: base + "/logout", hidden: "" }) as HTMLFormElement;
		document.body.append(form);
		form.requestSubmit();
	}
}
