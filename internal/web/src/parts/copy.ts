// Copying to the clipboard.

import { t } from "../base/text";
import { toast } from "./toast";

/** Copies a text and says so; without a clipboard it shows the text instead. */
export async function copy(text: string): Promise<void> {
	try {
		await navigator.clipboard.writeText(text);
		toast(t("copied"));
	} catch {
		toast(text);
	}
}

/** Lets buttons with data-copy copy that text. */
export function copyButtons(): void {
	document.addEventListener("click", (event) => {
		const button = (event.target as Element).closest<HTMLElement>("[data-copy]");
		if (!button) return;
		event.preventDefault();
		void copy(button.dataset.copy ?? "");
	});
}
