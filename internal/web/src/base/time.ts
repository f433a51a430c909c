// Times as the reader's clock and language have them.

import { locale, t } from "./text";

const clock = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" });
const full = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
const dayOfYear = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" });
const date = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
const soon = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
const dayName = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long", year: "numeric" });

const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", year: "numeric" });

const wrong = 5 * 60_000; // milliseconds from which a clock is one that goes wrong
let ahead = 0; // milliseconds that the device's clock is before the server's, if that is much

/** Learns the server's clock. The device's may be days from it: messages would be of yesterday as they come. */
export function learnTime(server: string): void {
	const off = Date.now() - Date.parse(server);
	ahead = Math.abs(off) > wrong ? off : 0; // NaN is none
}

/** The time it is. */
export function now(): Date {
	return new Date(Date.now() - ahead);
}

/** A time as briefly as it can be told: of today the time, of this year the day. What is yet to come has its time. */
function brief(at: Date): string {
	const today = now();
	if (startOfDay(at) === startOfDay(today)) return clock.format(at);
	if (at > today) return soon.format(at);
	return (at.getFullYear() === today.getFullYear() ? dayOfYear : date).format(at);
}

/** Shows times as the reader's clock does. */
export function localTimes(root: ParentNode): void {
	for (const time of root.querySelectorAll<HTMLTimeElement>("time[datetime]")) {
		const at = new Date(time.dateTime);
		const { format } = time.dataset;
		time.textContent = format === "date" ? brief(at) : (format === "day" ? day : clock).format(at);
		time.title = full.format(at);
	}
}

/** A day and time in full. */
export function fullTime(at: Date): string {
	return full.format(at);
}

/** What a day is called. */
export function dayOf(at: Date): string {
	const days = Math.round((startOfDay(now()) - startOfDay(at)) / 86400000);
	if (days === 0) return t("today");
	if (days === 1) return t("yesterday");
	return dayName.format(at);
}

function startOfDay(at: Date): number {
	return new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
}
