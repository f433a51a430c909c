// Emoji: fetched when they are first needed, in the page's language; found by
// shortcode and by words; those used last and the reader's skin tone are kept
// on the device.

export interface Emoji {
	readonly char: string; // without a skin tone: toned adds it
	readonly label: string;
	readonly shortcodes: readonly string[]; // without colons
	readonly group: string; // its name; groups follow each other
	readonly tones: boolean;
	readonly words: readonly string[]; // of label and tags, folded
}

type Row = [char: string, label: string, shortcodes: string, tags: string, tones?: 1];

const mostRecent = 32;
let loading: Promise<Emoji[]> | null = null;

/** All emoji in their order. It is fetched once; a failure is not remembered. */
export function loadEmoji(): Promise<Emoji[]> {
	loading ??= fetchEmoji().catch((error: unknown) => {
		loading = null;
		throw error;
	});
	return loading;
}

async function fetchEmoji(): Promise<Emoji[]> {
	const response = await fetch(document.body.dataset.emoji ?? "");
	if (!response.ok) throw new Error(response.statusText);
	return readEmoji(await response.json());
}

/** What the file that internal/web/build/emoji.go makes says. */
export function readEmoji(file: { groups: { name: string; emoji: Row[] }[] }): Emoji[] {
	return file.groups.flatMap(({ name, emoji }) =>
		emoji.map(([char, label, shortcodes, tags, tones]) => {
			let folded: string[] | undefined; // when they are first searched
			return {
				char,
				label,
				shortcodes: shortcodes.split(" "),
				group: name,
				tones: tones === 1,
				get words() {
					return (folded ??= words(`${label} ${tags}`));
				},
			};
		}),
	);
}

/** Lower case without diacritics: "Glück" is found by "gluck", and the other way. */
function fold(text: string): string {
	return text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "").replace(/ß/g, "ss");
}

function words(text: string): string[] {
	return fold(text).split(/[^\p{L}\p{N}+#*]+/u).filter(Boolean);
}

/**
 * The emoji that a query means, best first: a shortcode as it is, one that
 * begins so, one with a word that begins so; then those whose label and tags
 * have words that begin with every word of the query. Within each the order
 * stays. Colons around the query count for nothing; an empty one finds nothing.
 */
export function searchEmoji(all: readonly Emoji[], query: string): Emoji[] {
	const plain = fold(query.trim().replace(/^:|:$/g, ""));
	const asked = words(plain);
	const code = plain.replace(/[\s-]+/g, "_");
	if (!code) return [];
	const ranked: Emoji[][] = [[], [], [], []];
	for (const emoji of all) {
		const rank = rankOf(emoji, code, asked);
		if (rank >= 0) ranked[rank]!.push(emoji);
	}
	return ranked.flat();
}

function rankOf(emoji: Emoji, code: string, asked: string[]): number {
	if (emoji.char === code || emoji.shortcodes.includes(code)) return 0;
	if (emoji.shortcodes.some((s) => s.startsWith(code))) return 1;
	if (emoji.shortcodes.some((s) => s.includes("_" + code))) return 2;
	const found = (word: string) => emoji.words.some((w) => w.startsWith(word)) || emoji.shortcodes.some((s) => s.split("_").some((part) => part.startsWith(word)));
	return asked.length > 0 && asked.every(found) ? 3 : -1;
}

/** The characters used last, the newest first, with the tones they had. */
export function recentEmoji(): string[] {
	try {
		const kept: unknown = JSON.parse(localStorage.getItem("campfire.emoji") ?? "[]");
		return Array.isArray(kept) ? kept.filter((c) => typeof c === "string").slice(0, mostRecent) : [];
	} catch {
		return [];
	}
}

/** Remembers that a character was used. */
export function useEmoji(char: string): void {
	try {
		localStorage.setItem("campfire.emoji", JSON.stringify([char, ...recentEmoji().filter((c) => c !== char)].slice(0, mostRecent)));
	} catch {
		// nothing is remembered, then
	}
}

/** The reader's skin tone: 1, light, to 5, dark; 0 for none. */
export function emojiTone(): number {
	try {
		const tone = Number(localStorage.getItem("campfire.tone"));
		return Number.isInteger(tone) && tone >= 0 && tone <= 5 ? tone : 0;
	} catch {
		return 0;
	}
}

export function setEmojiTone(tone: number): void {
	try {
		localStorage.setItem("campfire.tone", String(tone));
	} catch {
		// it is chosen again, then
	}
}

/** The character of an emoji in a tone, the reader's unless another is given. */
export function toned(emoji: Emoji, tone = emojiTone()): string {
	if (!emoji.tones || tone === 0) return emoji.char;
	const [first, ...rest] = emoji.char;
	if (rest[0] === "\uFE0F") rest.shift(); // the tone says that it is a picture
	return first! + String.fromCodePoint(0x1f3fa + tone) + rest.join("");
}
