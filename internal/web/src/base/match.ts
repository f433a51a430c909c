// How well what someone typed fits a name.

/** A name as it is compared: without letter case and accents. */
export function plain(s: string): string {
	return s.normalize("NFD").replace(/\p{Diacritic}/gu, "").toLowerCase();
}

/**
 * How well a query fits a name: 4 its beginning, 3 the beginnings of its words,
 * 2 their initials, 1 somewhere inside, 0 not at all.
 */
export function fit(query: string, name: string): number {
	const want = plain(query.trim());
	const have = plain(name);
	if (have.startsWith(want)) return 4;
	const words = have.split(/[^\p{Letter}\p{Number}]+/u).filter(Boolean);
	if (beginnings(want.split(/\s+/), words)) return 3;
	if (want.length > 1 && words.map((w) => [...w][0]).join("").includes(want)) return 2;
	return have.includes(want) ? 1 : 0;
}

/** Whether each part begins a word, in their order. */
function beginnings(parts: string[], words: string[]): boolean {
	let at = 0;
	return parts.every((part) => {
		while (at < words.length && !words[at].startsWith(part)) at++;
		return at++ < words.length;
	});
}
