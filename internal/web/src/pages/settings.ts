// Forms that are whole without scripts, made handier.

import { plain } from "../base/match";
import { t } from "../base/text";
import { wear } from "../base/theme";
import { pictureForms } from "../parts/crop";
import { toast } from "../parts/toast";
import { soundSetting } from "../timeline/sounds";
import { shareForm } from "../composer/shared";
import { restoreUnsaved } from "./unsaved";

/** What forms offer beyond themselves: filters, sharing, a colour to be seen. */
export function settings(root: ParentNode): void {
	for (const input of root.querySelectorAll<HTMLInputElement>("input[data-filter]")) filter(input);
	shareButtons(root);
	soundSetting(root);
	shareForm(root);
	pictureForms(root);
	themes(root);
	searchField(root);
	for (const select of root.querySelectorAll<HTMLSelectElement>("form[data-language] select")) select.addEventListener("change", () => select.form!.requestSubmit());
	restoreUnsaved(root);
	forgetDid();
	const hue = root.querySelector<HTMLInputElement>("input[data-hue]");
	// The colour that is being chosen is the whole page's at once, and no other's.
	document.documentElement.style.removeProperty("--hue");
	hue?.addEventListener("input", () => document.documentElement.style.setProperty("--hue", hue.value));
}

/** What forms do with keys and with what opens, on whichever page they come. */
export function settingsKeys(): void {
	document.addEventListener("keydown", (event) => {
		const area = (event.target as Element).closest<HTMLTextAreaElement>("textarea[data-saves]");
		if (!area || event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
		event.preventDefault();
		area.form?.requestSubmit();
	});
	// What opens below the edge of the window is no use there.
	document.addEventListener("toggle", (event) => (event.target as Element).matches("main details[open]") && (event.target as Element).scrollIntoView({ block: "nearest" }), { capture: true });
	// An address or a secret is taken whole.
	document.addEventListener("focusin", (event) => {
		const input = event.target as HTMLInputElement;
		if (input.matches(".copyable input[readonly]")) input.select();
	});
}

/** Empties the search's field, and puts into it what it can be narrowed by. */
function searchField(root: ParentNode): void {
	const input = root.querySelector<HTMLInputElement>(".search-field input");
	if (!input) return;
	const clear = root.querySelector<HTMLElement>(".search-field .clear")!;
	input.addEventListener("input", () => (clear.hidden = input.value === ""));
	const put = (text: string) => {
		input.value = text;
		clear.hidden = text === "";
		input.focus();
	};
	clear.addEventListener("click", (event) => {
		event.preventDefault();
		put("");
	});
	for (const chip of root.querySelectorAll<HTMLElement>("[data-insert]")) {
		chip.addEventListener("click", (event) => {
			if (event.ctrlKey || event.metaKey || event.shiftKey) return;
			event.preventDefault();
			put([input.value.trim(), chip.dataset.insert].filter(Boolean).join(" "));
		});
	}
}

/** Shows a theme as soon as it is chosen, and keeps it on this device. */
function themes(root: ParentNode): void {
	const form = root.querySelector<HTMLFormElement>("form[data-themes]");
	form?.addEventListener("change", () => {
		const body = new URLSearchParams(new FormData(form) as unknown as Record<string, string>);
		wear(body.get("theme") ?? "");
		fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => toast(t("gone"), { error: true }));
	});
}

/** Hides those people of a list whose name does not hold what is typed. */
function filter(input: HTMLInputElement): void {
	const list = document.getElementById(input.dataset.filter ?? "");
	if (!list) return;
	input.closest<HTMLElement>("[hidden]")!.hidden = false;
	const apply = () => {
		const want = plain(input.value.trim());
		for (const row of list.children as HTMLCollectionOf<HTMLElement>) {
			row.hidden = want !== "" && !plain(row.textContent ?? "").includes(want);
		}
	};
	input.addEventListener("input", apply);
	input.addEventListener("keydown", (event) => {
		if (event.key === "Escape" && input.value !== "") {
			input.value = "";
			apply();
			event.preventDefault();
		} else if (event.key === "Enter") {
			event.preventDefault(); // it filters; the form is not done
		}
	});
	apply(); // the browser may have kept what was typed
}

/** Shows the buttons that hand an address to another program, where there is a way. */
function shareButtons(root: ParentNode): void {
	if (!navigator.share) return;
	for (const button of root.querySelectorAll<HTMLElement>("[data-share]")) {
		button.hidden = false;
		button.addEventListener("click", () => {
			void navigator.share({ title: document.title, url: button.dataset.share }).catch((error: unknown) => {
				if (error instanceof DOMException && error.name === "AbortError") return; // it was thought better of
				toast(t("gone"), { error: true });
			});
		});
	}
}

/** Takes what the last form did, or was shared, off the address, so that a reload does not do it again. */
function forgetDid(): void {
	const here = new URL(location.href);
	if (!here.searchParams.has("did") && !here.searchParams.has("draft")) return;
	here.searchParams.delete("did");
	here.searchParams.delete("draft");
	history.replaceState(history.state, "", here);
}
