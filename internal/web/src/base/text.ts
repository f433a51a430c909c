// The texts of the catalogue that the browser's code uses.

// A script of its own for each language brings them (web.go, textsAsset): it
// stands before this one, which so runs after it.
const brought = (self as { texts?: Record<string, string> }).texts;
if (!brought) throw new Error("the texts did not come"); // the page is whole without scripts, and not with half of them
const texts: Record<string, string> = brought;

/** A text of the catalogue, with {name} filled in. */
export function t(key: string, values: Record<string, string> = {}): string {
	return (texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name: string) => isolated(values[name] ?? ""));
}

const marks = /[\u202a-\u202e\u2066-\u2069]/g; // of direction
const fromRight = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u;

/** A value as it may stand in a sentence without turning the rest of it round (text.go does the same). */
function isolated(value: string): string {
	const plain = value.replace(marks, "");
	return fromRight.test(plain) ? `\u2068${plain}\u2069` : plain;
}

/** The page's language; where the reader's browser knows it as spoken somewhere, that. */
export const locale = navigator.languages.find((l) => l.split("-")[0] === document.documentElement.lang) ?? document.documentElement.lang;

/** The text of a number of things: key.one, key.other, … as the language has it. */
export function tn(key: string, n: number, values: Record<string, string> = {}): string {
	const form = `${key}.${new Intl.PluralRules(locale).select(n)}`;
	return t(form in texts ? form : key + ".other", { n: new Intl.NumberFormat(locale).format(n), ...values });
}

/** Puts the page's language in place of the words in messages, which come the same to everyone. */
export function translate(root: ParentNode): void {
	if (document.documentElement.lang === "en") return;
	for (const e of root.querySelectorAll<HTMLElement>("[data-t]")) {
		e.textContent = t(e.dataset.t!);
		e.removeAttribute("data-t");
	}
	for (const e of root.querySelectorAll<HTMLElement>("[data-t-label]")) {
		e.setAttribute("aria-label", t(e.dataset.tLabel!, { name: e.dataset.name ?? "" }));
		e.removeAttribute("data-t-label");
	}
}
