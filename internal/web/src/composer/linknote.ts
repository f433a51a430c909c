// What the links that stand in a text will show below it, and whether they are
// to. Which links those are the server says, of the text alone: nobody who is
// linked to is asked before the message is posted.

import { api, Problem } from "../base/api";
import { el } from "../base/dom";
import { icon } from "../base/icon";
import { t } from "../base/text";

const pause = 250; // milliseconds, after the last change
const linked = /https?:\/\/|www\./i;

export class LinkNote {
	readonly element: HTMLElement;
	private says = el("span", { role: "status", dir: "auto" });
	private without = el("button", { type: "button", class: "links-without", "aria-pressed": "false", hidden: "" }, t("links.without"));
	private text = "";
	private timer = 0;
	private links: string[] = [];

	/** chosen hears whether the writer wants none. */
	constructor(
		private signal: AbortSignal,
		chosen: () => void,
	) {
		this.element = el("div", { class: "composer-links" }, this.says, this.without);
		this.without.addEventListener("click", () => {
			this.without.setAttribute("aria-pressed", String(!this.declined));
			this.show();
			chosen();
		});
		signal.addEventListener("abort", () => window.clearTimeout(this.timer));
	}

	/** Whether the writer wants none. */
	get declined(): boolean {
		return this.without.getAttribute("aria-pressed") === "true";
	}

	/** Goes on with a text whose writer wants none, or not. */
	decline(on: boolean): void {
		this.without.setAttribute("aria-pressed", String(on));
		this.show();
	}

	/** Looks at the text as it stands now. */
	look(text: string): void {
		if (text === this.text) return;
		this.text = text;
		window.clearTimeout(this.timer);
		if (linked.test(text)) this.timer = window.setTimeout(() => void this.ask(text), pause);
		else this.found([]);
	}

	private async ask(text: string): Promise<void> {
		let links: string[] = [];
		try {
			({ links } = await api("POST", "/links", { body: text }));
		} catch (error) {
			if (text !== this.text || this.signal.aborted) return;
			if (error instanceof Problem && error.code === "rate_limited") {
				// What is known stays, and what was chosen.
				this.timer = window.setTimeout(() => void this.ask(text), Math.max(1, error.retryAfter) * 1000);
				return;
			}
			if (this.declined) return; // nothing is promised, and nothing forgotten
		}
		if (text === this.text && !this.signal.aborted) this.found(links);
	}

	private found(links: string[]): void {
		this.links = links;
		if (links.length === 0) this.without.setAttribute("aria-pressed", "false");
		this.show();
	}

	private show(): void {
		const sites = [...new Set(this.links.map((link) => new URL(link).host.replace(/^www\./, "")))];
		const line = sites.length === 0 ? "" : this.declined ? t("links.none") : t("links.some", { sites: sites.join(", ") });
		if (this.says.textContent !== line) this.says.replaceChildren(...(line ? [icon("link"), line] : []));
		this.without.hidden = line === "";
	}
}
