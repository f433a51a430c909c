// Messages whose files are still on their way. They are held for as long as
// the page is open, whichever room it shows; when their files are whole they
// wait like all others.

import { api } from "../base/api";
import { forget, keep, newID, type Waiting } from "./outbox";
import type { Upload } from "./upload";

export type Parcel = { id: string; room: number; body: string; replyTo: number; previews?: boolean; at: number; uploads: Upload[] };

/** Hears of every change, and takes a message that is ready to go. */
type Told = (ready?: Waiting) => void;

const parcels = new Map<string, Parcel>();
const rooms = new Map<number, Told>(); // those on screen

/** Takes a message; it goes as soon as its files are whole. */
export function hold(message: Omit<Parcel, "id">): void {
	const parcel = { ...message, id: newID() };
	parcels.set(parcel.id, parcel);
	for (const upload of parcel.uploads) upload.onChange(() => look(parcel));
	look(parcel);
}

/** The messages that are held for a room, oldest first. */
export function heldFor(room: number): Parcel[] {
	return [...parcels.values()].filter((p) => p.room === room);
}

/** Has a room's page told of every change, until the signal. */
export function watchRoom(room: number, changed: Told, signal: AbortSignal): void {
	rooms.set(room, changed);
	signal.addEventListener("abort", () => rooms.get(room) === changed && rooms.delete(room));
}

/** Takes a file out of a message; without any, a message without words is gone. */
export function without(parcel: Parcel, upload: Upload): void {
	upload.cancel();
	parcel.uploads = parcel.uploads.filter((u) => u !== upload);
	if (parcel.uploads.length === 0 && parcel.body.trim() === "") discard(parcel);
	else look(parcel);
}

/** Gives a message up, and its files. */
export function discard(parcel: Parcel): void {
	parcels.delete(parcel.id);
	for (const upload of parcel.uploads) upload.cancel();
	rooms.get(parcel.room)?.();
}

function look(parcel: Parcel): void {
	if (!parcels.has(parcel.id) || !parcel.uploads.every((u) => u.state === "whole")) return;
	parcels.delete(parcel.id);
	const { id, room, body, replyTo, previews, at } = parcel;
	const waiting: Waiting = {
		id,
		room,
		body,
		replyTo,
		previews,
		at,
		uploads: parcel.uploads.map((u) => u.id),
		files: parcel.uploads.map(({ file }) => ({ name: file.name, size: file.size })),
	};
	const shown = rooms.get(room);
	if (shown) shown(waiting);
	else void post(waiting);
}

/** Posts a message of a room that is not on screen; else it goes when it is. */
async function post(w: Waiting): Promise<void> {
	keep(w);
	try {
		await api("POST", `/rooms/${w.room}/messages`, draft(w));
		forget(w.id);
	} catch {
		// it waits
	}
}

/** What is sent of a message that waits. */
export function draft(w: Waiting): object {
	return { body: w.body, client_message_id: w.id, ...(w.replyTo ? { reply_to: w.replyTo } : {}), ...(w.uploads ? { upload_ids: w.uploads } : {}), ...(w.previews === false ? { previews: false } : {}) };
}

// Leaving the page loses what is not whole: the browser asks first.
window.addEventListener("beforeunload", (event) => {
	for (const parcel of parcels.values()) if (parcel.uploads.some((u) => u.state !== "whole")) event.preventDefault();
});
