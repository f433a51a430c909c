// The texts of the catalogue that the browser's code uses.

const texts: Record<string, string> = JSON.parse(document.body.dataset.texts || "{}");

/** A text of the catalogue, with {name} filled in. */
export function t(key: string, values: Record<string, string> = {}): string {
	return (texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "");
}
