// The browser's part. The page is whole without it; with it, it is live.

import { Commands } from "./commands";
import { copyButtons } from "./copy";
import { Drawer } from "./drawer";
import { installable, showOffer } from "./install";
import { Involvement } from "./involvement";
import { listen, nameKeys } from "./keys";
import { Live } from "./live";
import { Pages } from "./navigate";
import { notifications } from "./notifications";
import { Presence } from "./presence";
import { closeNotifications, Push } from "./push";
import { settings, settingsKeys } from "./settings";
import { Sidebar } from "./sidebar";
import { soundButtons } from "./sounds";
import { tellSignedOut } from "./signedout";
import { Switcher } from "./switcher";
import { translate } from "./text";
import { frame } from "./theme";
import { localTimes } from "./time";
import { pictureViewer } from "./viewer";
import { followViewport } from "./viewport";

frame();
copyButtons();
localTimes(document);
settingsKeys();
soundButtons();
translate(document);
nameKeys(document);

if (document.body.classList.contains("app")) {
	installable();
	followViewport();
	pictureViewer();
	const live = new Live();
	const sidebar = new Sidebar(live, (url) => void pages.visit(url));
	const presence = new Presence(live, sidebar);
	const drawer = new Drawer();
	const push = new Push();
	const involvement = new Involvement(sidebar, push);
	const pages = new Pages(live, ({ main, room, document }) => {
		settings(main);
		showOffer();
		notifications(main, push);
		drawer.close(false);
		sidebar.here(room, document);
		presence.here(room);
		involvement.here(main, room);
		if (room) switcher.visited(room.id);
	});
	const switcher = new Switcher(
		sidebar,
		(url) => void pages.visit(url),
		() => commands.lines(),
	);
	const commands = new Commands(pages, sidebar, involvement, drawer, () => switcher.open());
	// What is read, here or on another device, need not be told any more.
	const unread = (room: number) => Number(sidebar.row(room)?.dataset.unread ?? 0) > 0;
	const read = () => void closeNotifications((room) => !unread(room)).catch(() => undefined);
	live.on("read", read);
	document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && read());
	navigator.serviceWorker?.addEventListener("message", (event) => {
		if (event.data?.type !== "visit") return;
		event.ports[0]?.postMessage("taken");
		void pages.visit(event.data.url);
	});
	pages.begin();
	listen(commands.keys);
	tellSignedOut(live);
	live.connect();
} else {
	settings(document);
}
