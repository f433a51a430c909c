package text

var german = &Catalogue{Tag: "de", Name: "Deutsch", Dir: "ltr", Texts: map[string]string{
	"skip": "Zum Inhalt springen", "menu.open": "Menü öffnen", "list.comma": ", ", "list.last": "{names} und {last}",
	"language": "Sprache", "language.auto": "Wie im Browser", "language.save": "Sprache ändern",
	"search": "Suche", "search.placeholder": "Nachrichten durchsuchen", "search.exit": "Suche schließen", "search.clear": "Letzte Suchen löschen",
	"search.recent": "Letzte Suchen", "search.none": "Nichts gefunden für „{query}“. Versuch es mit weniger oder anderen Wörtern.", "search.more": "Es gibt noch ältere Treffer. Ein Wort mehr grenzt die Suche ein.",
	"search.help": "Wörter, Teile von Wörtern oder from:name in:raum has:link before:2026-01-31 after:2026-01-01.",

	"setup.title": "Campfire einrichten", "setup.lead": "Sei als Erstes am Feuer. Du verwaltest dieses Campfire dann.", "setup.go": "Einrichten",
	"login.title": "Anmelden", "login.go": "Los", "login.help": "Klappt das Anmelden nicht? Frag",
	"join.title": "Registrieren", "join.lead": "Du bist zu {site} eingeladen.", "join.go": "Speichern", "join.have": "Du hast schon ein Konto?",
	"transfer.title": "Per Link anmelden", "transfer.lead": "Dieser Link meldet dich einmal als {name} an.", "transfer.go": "Als {name} anmelden",
	"field.name": "Name", "field.email": "E-Mail-Adresse", "field.password": "Passwort",
	"field.new_password": "Neues Passwort", "field.current_password": "Bisheriges Passwort", "field.bio": "Über dich", "field.password.hint": "Mindestens 10 Zeichen.",

	"sidebar": "Räume", "sidebar.new_room": "Neuer Chatraum", "sidebar.new_ping": "Neuer Ping", "sidebar.profile": "Meine Einstellungen", "sidebar.account": "Kontoeinstellungen",
	"sidebar.pings": "Pings", "sidebar.rooms": "Räume",

	"room.settings": "Einstellungen dieses Raums", "room.empty": "Noch hat niemand etwas gesagt. Sag Hallo.",
	"room.earlier": "Frühere Nachrichten", "room.later": "Spätere Nachrichten", "room.newest": "Zur neuesten Nachricht", "room.join": "Diesem Raum beitreten", "room.left": "Du bist nicht in diesem Raum.",
	"room.none.title": "Noch keine Räume", "room.none": "Du bist in keinem Raum. Leg einen an oder tritt einem von diesen bei.", "room.log": "Nachrichten", "room.members.other": "{n} Leute", "room.members.one": "nur du",
	"involvement.invisible": "Benachrichtigungen sind aus, der Raum fehlt in der Seitenleiste", "involvement.nothing": "Benachrichtigungen sind aus",
	"involvement.mentions": "Benachrichtigt bei @-Erwähnungen", "involvement.everything": "Benachrichtigt bei allen Nachrichten",
	"welcome.title": "Willkommen bei {site}", "welcome": "Teile diesen Link, damit andere dazukommen können:", "copy": "Kopieren",

	"composer": "Schreib eine Nachricht", "composer.send": "Nachricht senden",
	"message.title": "Nachricht", "edit.label": "Nachricht bearbeiten", "edit.save": "Änderungen speichern", "edit.delete": "Nachricht löschen", "edit.close": "Bearbeiten beenden und Änderungen verwerfen",
	"boost.new": "Reaktion hinzufügen", "boost.delete": "Diese Reaktion löschen",

	"newroom.title": "Neuer Chatraum", "newroom.name": "Name des Raums", "newroom.open": "Alle dürfen in diesen Raum", "newroom.closed": "Nur ausgewählte Leute dürfen in diesen Raum",
	"newroom.people": "Leute", "newroom.save": "Speichern", "newroom.restricted": "Räume dürfen hier nur Admins anlegen.", "newroom.ping": "Einen Ping beginnen", "newroom.ping.go": "Ping beginnen",
	"newroom.others": "Offene Räume, in denen du nicht bist",
	"editroom.title": "Einstellungen von {room} bearbeiten", "editroom.members": "Mitglieder", "editroom.add": "Hinzufügen", "editroom.remove": "Entfernen", "editroom.remove.label": "{name} entfernen", "editroom.delete": "{room} löschen",
	"editroom.delete.sure": "Das löscht den Raum mit allen Nachrichten, für alle und für immer.", "editroom.leave": "Diesen Raum verlassen", "editroom.add.label": "Jemanden hinzufügen",

	"account.title": "Kontoeinstellungen", "account.name": "Name", "account.restrict": "Nur Admins dürfen neue Räume anlegen", "account.accent": "Akzentfarbe (Farbton)", "account.save": "Änderungen speichern",
	"account.invite": "Leute einladen", "account.renew": "Einladungslink erneuern", "account.people": "Leute", "account.joinlink": "Einladungslink",
	"role.member": "Mitglied", "role.administrator": "Admin", "role.bot": "Bot", "status.active": "Aktiv", "status.deactivated": "Nicht mehr dabei", "status.banned": "Gesperrt",
	"user.ping": "{name} anpingen", "user.make_admin": "Zum Admin machen", "user.make_member": "Zum Mitglied machen", "user.deactivate": "{name} entfernen", "user.ban": "{name} sperren", "user.unban": "Sperre aufheben",
	"user.ban.sure": "Alles, was {name} geschrieben hat, verschwindet sofort.", "user.transfer": "Anmeldelink erstellen", "user.transfer.help": "Für alle, die sich ausgesperrt haben: gilt einmal, vier Stunden lang.", "user.left": "{name} ist nicht mehr dabei.",

	"profile.title": "Meine Einstellungen", "profile.save": "Änderungen speichern", "profile.devices": "Angemeldete Geräte", "profile.this": "dieses Gerät", "profile.end": "Abmelden", "profile.logout": "Abmelden",
	"profile.transfer": "Auf einem anderen Gerät anmelden", "profile.transfer.go": "Anmeldelink erstellen", "profile.transfer.help": "Öffne ihn innerhalb von vier Stunden auf dem anderen Gerät. Er gilt einmal.", "profile.seen": "zuletzt gesehen",

	"saved": "Gespeichert.", "error.title": "Das hat nicht geklappt", "error.home": "Zurück zu den Räumen", "docs.title": "API",

	"js.failed": "Nicht gesendet.", "js.retry": "Noch mal versuchen", "js.discard": "Verwerfen", "js.offline": "Du bist offline. Was du schreibst, bleibt erhalten und wird gesendet, sobald du wieder da bist.", "js.reconnecting": "Verbindung wird wiederhergestellt …",
	"js.signedout": "Du wurdest auf einem anderen Gerät abgemeldet. Melde dich neu an, um weiterzumachen.", "js.removed": "Du kannst diesen Raum nicht mehr lesen.", "js.typing.one": "{a} schreibt …", "js.typing.two": "{a} und {b} schreiben …",
	"js.typing.more.one": "{n} Person schreibt …", "js.typing.more.other": "{n} Leute schreiben …", "js.new": "Neu", "js.today": "Heute", "js.yesterday": "Gestern", "js.edit": "Bearbeiten", "js.reply": "Antworten", "js.boost": "Reagieren", "js.copy": "Link kopieren", "js.copied": "Kopiert",
	"js.delete": "Nachricht löschen", "js.delete.sure": "Diese Nachricht für alle löschen?", "js.save": "Änderungen speichern", "js.dialog.cancel": "Abbrechen", "js.cancel": "Bearbeiten beenden und Änderungen verwerfen", "js.editlabel": "Nachricht bearbeiten",
	"js.replying": "Antwort an {name}", "js.stop": "Doch nicht antworten", "js.boostlabel": "Neue Reaktion", "js.boostdelete": "Diese Reaktion löschen", "js.deleted": "Diese Nachricht wurde gelöscht", "js.edited": "bearbeitet", "js.options": "Nachrichtenoptionen", "js.unread": "Als ungelesen markieren",
	"js.conflict": "Die Nachricht wurde inzwischen anderswo geändert. Dein Text ist noch da; wenn du noch mal speicherst, ersetzt er jene Änderung.", "js.gone": "Das ließ sich nicht laden. Versuch es noch mal.",

	"js.boostmore": "Reaktion hinzufügen", "js.boosts": "{content}, {n}: {names}", "js.copytext": "Text kopieren", "js.picker": "Alle Emojis", "js.over.one": "{n} Zeichen zu viel", "js.over.other": "{n} Zeichen zu viel",
	"js.rich": "Formatierung", "js.emoji": "Emoji", "js.toolong.one": "{n} Zeichen zu viel. Kürze den Text, um ihn zu senden.", "js.toolong.other": "{n} Zeichen zu viel. Kürze den Text, um ihn zu senden.", "js.nearlimit": "Platz für noch etwa {n} Zeichen.", "js.rich.bold": "Fett", "js.rich.italic": "Kursiv", "js.rich.strike": "Durchgestrichen", "js.rich.code": "Code", "js.rich.block": "Codeblock", "js.rich.link": "Link", "js.rich.quote": "Zitat", "js.rich.list": "Liste", "js.rich.numbers": "Nummerierte Liste", "js.rich.heading": "Überschrift", "js.rich.keys": "Strg oder Cmd mit B, I oder E zeichnet die markierten Wörter aus. @ nennt Leute, : findet Emojis.", "js.crowd.one": "@everyone benachrichtigt {n} Person.", "js.crowd.other": "@everyone benachrichtigt {n} Leute.", "js.everyone.one": "benachrichtigt {n} Person", "js.everyone.other": "benachrichtigt {n} Leute", "js.here": "benachrichtigt, wer online ist", "js.completion": "Vorschläge", "js.picker.search": "Emoji suchen", "js.picker.found": "Gefunden", "js.picker.none": "So heißt kein Emoji.", "js.picker.recent": "Zuletzt benutzt",
	"js.editkept": "Deine Änderungen von vorhin sind noch da; gespeichert sind sie noch nicht.", "js.editother": "Inzwischen anderswo geändert:", "js.editgone": "Diese Nachricht wurde inzwischen gelöscht. Dein Text ist noch da.", "js.sendnew": "Als neue Nachricht senden", "js.copycode": "Kopieren",
}}
