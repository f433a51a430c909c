// The browser's part. The page is whole without it; with it, it is live.

import { translate } from "./base/text";
import { followTheme, frame } from "./base/theme";
import { localTimes } from "./base/time";
import { followViewport } from "./base/viewport";
import { copyButtons } from "./parts/copy";
import { Drawer } from "./parts/drawer";
import { installable, showOffer } from "./device/install";
import { closeNotifications, Push } from "./device/push";
import { Live } from "./live/live";
import { soundButtons } from "./timeline/sounds";
import { pictureViewer } from "./timeline/viewer";
import { Commands } from "./frame/commands";
import { Head } from "./frame/head";
import { Involvement } from "./frame/involvement";
import { listen, nameKeys } from "./frame/keys";
import { followPeople } from "./frame/people";
import { Pages } from "./frame/navigate";
import { Presence } from "./frame/presence";
import { Sidebar } from "./frame/sidebar";
import { Switcher } from "./frame/switcher";
import { followSettings, notifications } from "./pages/notifications";
import { settings, settingsKeys } from "./pages/settings";
import { keepUnsaved } from "./pages/unsaved";
import { tellSignedOut } from "./pages/signedout";

frame();
followTheme();
copyButtons();
localTimes(document);
keepUnsaved();
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
	const head = new Head(live, (room, members) => presence.counted(room, members));
	const drawer = new Drawer();
	const push = new Push();
	const involvement = new Involvement(live, sidebar, push);
	const pages = new Pages(live, ({ main, room, document }) => {
		settings(main);
		showOffer();
		notifications(main, push);
		drawer.close(false);
		sidebar.here(room, document);
		presence.here(room);
		head.here(room);
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
	followPeople(live);
	followSettings(live, (url) => void pages.visit(url));
	pages.begin();
	listen(commands.keys);
	tellSignedOut(live);
	live.connect();
} else {
	history.replaceState(history.state, ""); // a form that was refused is not to be sent again by going back
	settings(document);
}
