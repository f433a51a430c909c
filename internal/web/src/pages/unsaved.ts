// A page of settings has many forms, and saving one loads the page anew: what
// is written in the others comes back with it, and so does the place.

const key = "campfire.unsaved"; // of the session and the tab

type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;
type Kept = { path: string; top: number; values: { action: string; name: string; value: string; checked: boolean }[] };

/** Keeps what the forms of main hold when one of them is sent; to be called once. */
export function keepUnsaved(): void {
	document.addEventListener("submit", (event) => {
		const sent = event.target as HTMLFormElement;
		const sheet = sent.closest<HTMLElement>(".sheet");
		if (event.defaultPrevented || sent.method !== "post" || !sheet) return;
		const values = [...sheet.querySelectorAll<HTMLFormElement>("form[method=post]")].flatMap((form) => (form === sent ? [] : controls(form).filter(touched).map((c) => ({ action: form.action, name: c.name, value: c.value, checked: "checked" in c && c.checked }))));
		const kept: Kept = { path: location.pathname, top: sheet.scrollTop, values };
		try {
			sessionStorage.setItem(key, JSON.stringify(kept));
		} catch {
			// no room, or no store: the form is sent all the same
		}
	});
}

/** Gives a page that has come back what was kept of it. */
export function restoreUnsaved(root: ParentNode): void {
	const kept = take();
	const sheet = root.querySelector<HTMLElement>(".sheet");
	if (!kept || !sheet || kept.path !== location.pathname) return;
	for (const form of sheet.querySelectorAll<HTMLFormElement>("form[method=post]")) {
		for (const c of controls(form)) {
			const had = kept.values.find((v) => v.action === form.action && v.name === c.name && (!choice(c) || v.value === c.value));
			if (!had) continue;
			if (choice(c)) c.checked = had.checked;
			else c.value = had.value;
			c.dispatchEvent(new Event("input", { bubbles: true }));
		}
	}
	if (!location.hash) sheet.scrollTop = kept.top;
}

function take(): Kept | null {
	try {
		const kept = sessionStorage.getItem(key);
		sessionStorage.removeItem(key);
		return JSON.parse(kept ?? "null");
	} catch {
		return null;
	}
}

const choice = (c: Control): c is HTMLInputElement => c instanceof HTMLInputElement && (c.type === "checkbox" || c.type === "radio");

/** What may be kept: no secrets, no files, nothing that the page itself fills in. */
function controls(form: HTMLFormElement): Control[] {
	return [...form.elements].filter((e): e is Control => e.matches("textarea[name], select[name], input[name]:not([type=hidden], [type=password], [type=file])"));
}

function touched(c: Control): boolean {
	if (choice(c)) return c.checked !== c.defaultChecked;
	if (c instanceof HTMLSelectElement) return c.value !== ([...c.options].find((o) => o.defaultSelected) ?? c.options[0])?.value;
	return c.value !== c.defaultValue;
}
