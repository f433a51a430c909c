package text

var english = &Catalogue{Tag: "en", Name: "English", Dir: "ltr", Texts: map[string]string{
	"skip": "Skip to main content", "menu.open": "Open menu", "list.comma": ", ", "list.last": "{names} and {last}",
	"language": "Language", "language.auto": "As the browser says", "language.save": "Change language",
	"search": "Search", "search.placeholder": "Search messages", "search.exit": "Exit search", "search.clear": "Clear recent searches",
	"search.recent": "Recent searches", "search.none": "Nothing found for “{query}”. Try fewer or other words.", "search.more": "There are older results; add a word to narrow them.",
	"search.help": "Words, parts of words, or from:name in:room has:link before:2026-01-31 after:2026-01-01.",

	"setup.title": "Set up Campfire", "setup.lead": "Be the first at the fire. You will be its administrator.", "setup.go": "Set up",
	"login.title": "Sign in", "login.go": "Go", "login.help": "Can't sign in? Ask",
	"join.title": "Sign up", "join.lead": "You are invited to {site}.", "join.go": "Save", "join.have": "You have an account already?",
	"transfer.title": "Sign in by link", "transfer.lead": "This link signs you in as {name}, once.", "transfer.go": "Sign in as {name}",
	"field.name": "Name", "field.email": "Email address", "field.password": "Password",
	"field.new_password": "New password", "field.current_password": "Current password", "field.bio": "About you", "field.password.hint": "At least 10 characters.",

	"sidebar": "Rooms", "sidebar.new_room": "New Chat Room", "sidebar.new_ping": "New Ping", "sidebar.profile": "My Settings", "sidebar.account": "Account Settings",
	"sidebar.pings": "Pings", "sidebar.rooms": "Rooms",

	"room.settings": "Settings for this room", "room.empty": "Nobody has said anything yet. Say hello.",
	"room.earlier": "Earlier messages", "room.later": "Later messages", "room.newest": "Jump to newest message", "room.join": "Join this room", "room.left": "You are not in this room.",
	"room.none.title": "No rooms yet", "room.none": "You are in no room. Make one, or join one of those below.", "room.log": "Messages", "room.members.other": "{n} people", "room.members.one": "just you",
	"involvement.invisible": "Notifications are off and room invisible in sidebar", "involvement.nothing": "Notifications are off",
	"involvement.mentions": "Notifying about @ mentions", "involvement.everything": "Notifying about all messages",
	"welcome.title": "Welcome to {site}", "welcome": "Share this link and people can join you here:", "copy": "Copy",

	"composer": "Write a message", "composer.send": "Send Message",
	"message.title": "Message", "edit.label": "Edit message", "edit.save": "Save changes", "edit.delete": "Delete message", "edit.close": "Close editor and discard changes",
	"boost.new": "Add a boost", "boost.delete": "Delete this boost",

	"newroom.title": "New chat room", "newroom.name": "Name this room", "newroom.open": "Give everyone access to this room", "newroom.closed": "Give only some access to this room",
	"newroom.people": "People", "newroom.save": "Save", "newroom.restricted": "Only administrators can make rooms here.", "newroom.ping": "Start a ping", "newroom.ping.go": "Start Ping",
	"newroom.others": "Open rooms you are not in",
	"editroom.title": "Edit settings for {room}", "editroom.members": "Members", "editroom.add": "Add", "editroom.remove": "Remove", "editroom.remove.label": "Remove {name}", "editroom.delete": "Delete {room}",
	"editroom.delete.sure": "This removes the room and all its messages, for everyone, for ever.", "editroom.leave": "Leave this room", "editroom.add.label": "Add someone",

	"account.title": "Account settings", "account.name": "Name", "account.restrict": "Must be admin to create new rooms", "account.accent": "Accent colour (hue)", "account.save": "Save changes",
	"account.invite": "Invite people", "account.renew": "Regenerate join link", "account.people": "People", "account.joinlink": "Join link",
	"role.member": "Member", "role.administrator": "Administrator", "role.bot": "Bot", "status.active": "Active", "status.deactivated": "Has left", "status.banned": "Banned",
	"user.ping": "Ping {name}", "user.make_admin": "Make administrator", "user.make_member": "Make member", "user.deactivate": "Remove {name}", "user.ban": "Ban {name}", "user.unban": "Lift the ban",
	"user.ban.sure": "Everything {name} wrote disappears at once.", "user.transfer": "Make a sign-in link", "user.transfer.help": "For someone who is locked out: it works once, for four hours.", "user.left": "{name} has left.",

	"profile.title": "My Settings", "profile.save": "Save changes", "profile.devices": "Signed-in devices", "profile.this": "this device", "profile.end": "Sign out", "profile.logout": "Log out",
	"profile.transfer": "Sign in on another device", "profile.transfer.go": "Make a sign-in link", "profile.transfer.help": "Open it on the other device within four hours. It works once.", "profile.seen": "last seen",

	"saved": "Saved.", "error.title": "That did not work", "error.home": "Back to the rooms", "docs.title": "API",

	"js.failed": "Not sent.", "js.retry": "Try again", "js.discard": "Discard", "js.offline": "You are offline. What you write is kept and sent when you are back.", "js.reconnecting": "Reconnecting…",
	"js.signedout": "You were signed out on another device. Sign in again to go on.", "js.removed": "This room is no longer yours to read.", "js.typing.one": "{a} is typing…", "js.typing.two": "{a} and {b} are typing…",
	"js.typing.more.one": "{n} person is typing…", "js.typing.more.other": "{n} people are typing…", "js.new": "New", "js.today": "Today", "js.yesterday": "Yesterday", "js.edit": "Edit", "js.reply": "Reply", "js.boost": "Boost", "js.copy": "Copy link", "js.copied": "Copied",
	"js.delete": "Delete message", "js.delete.sure": "Delete this message for everyone?", "js.save": "Save changes", "js.dialog.cancel": "Cancel", "js.cancel": "Close editor and discard changes", "js.editlabel": "Edit message",
	"js.replying": "Replying to {name}", "js.stop": "Stop replying", "js.boostlabel": "New boost", "js.boostdelete": "Delete this boost", "js.deleted": "This message was deleted", "js.edited": "edited", "js.options": "Message options", "js.unread": "Mark unread",
	"js.conflict": "It was changed elsewhere meanwhile. Your text is still here; saving again replaces that change.", "js.gone": "That could not be loaded. Try again.",

	"js.boostmore": "Add a boost", "js.boosts": "{content}, {n}: {names}", "js.copytext": "Copy text", "js.picker": "All emoji", "js.over.one": "{n} character too many", "js.over.other": "{n} characters too many",
	"js.rich": "Rich text", "js.emoji": "Emoji", "js.toolong.one": "{n} character too many. Shorten the text to send it.", "js.toolong.other": "{n} characters too many. Shorten the text to send it.", "js.nearlimit": "Room for about {n} more characters.", "js.rich.bold": "Bold", "js.rich.italic": "Italic", "js.rich.strike": "Strikethrough", "js.rich.code": "Code", "js.rich.block": "Code block", "js.rich.link": "Link", "js.rich.quote": "Quote", "js.rich.list": "List", "js.rich.numbers": "Numbered list", "js.rich.heading": "Heading", "js.rich.keys": "Ctrl or Cmd with B, I or E marks the selected words. @ names people, : finds emoji.", "js.crowd.one": "@everyone notifies {n} person.", "js.crowd.other": "@everyone notifies {n} people.", "js.everyone.one": "notifies {n} person", "js.everyone.other": "notifies {n} people", "js.here": "notifies who is online", "js.completion": "Suggestions", "js.picker.search": "Search emoji", "js.picker.found": "Found", "js.picker.none": "No emoji is called that.", "js.picker.recent": "Used recently",
	"js.editkept": "Your changes from before are here; they are not saved yet.", "js.editother": "Changed elsewhere meanwhile:", "js.editgone": "This message was deleted meanwhile. Your text is still here.", "js.sendnew": "Send as a new message", "js.copycode": "Copy",
}}
