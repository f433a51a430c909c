package text

import "strings"

var spanish = &Catalogue{Tag: "es", Name: "Español", Dir: "ltr", and: spanishAnd, Texts: map[string]string{
	"skip": "Saltar al contenido", "menu.open": "Abrir el menú", "list.comma": ", ", "list.last": "{names} y {last}",
	"language": "Idioma", "language.auto": "El del navegador", "language.save": "Cambiar de idioma",
	"search": "Buscar", "search.placeholder": "Buscar mensajes", "search.exit": "Cerrar la búsqueda", "search.clear": "Borrar las búsquedas recientes",
	"search.recent": "Búsquedas recientes", "search.none": "No hay resultados para «{query}». Prueba con menos palabras o con otras.", "search.more": "Hay resultados más antiguos; añade una palabra para acotar la búsqueda.",
	"search.help": "Palabras, partes de palabras o from:nombre in:sala has:link before:2026-01-31 after:2026-01-01.",

	"setup.title": "Configurar Campfire", "setup.lead": "Enciende la hoguera: tendrás el papel de administrador.", "setup.go": "Configurar",
	"login.title": "Iniciar sesión", "login.go": "Entrar", "login.help": "¿No puedes entrar? Pregunta a",
	"join.title": "Crear una cuenta", "join.lead": "Tienes una invitación para {site}.", "join.go": "Guardar", "join.have": "¿Ya tienes una cuenta?",
	"transfer.title": "Entrar con un enlace", "transfer.lead": "Este enlace te permite entrar como {name} una sola vez.", "transfer.go": "Entrar como {name}",
	"field.name": "Nombre", "field.email": "Correo electrónico", "field.password": "Contraseña",
	"field.new_password": "Contraseña nueva", "field.current_password": "Contraseña actual", "field.bio": "Sobre ti", "field.password.hint": "Al menos 10 caracteres.",

	"sidebar": "Salas", "sidebar.new_room": "Nueva sala de chat", "sidebar.new_ping": "Nuevo ping", "sidebar.profile": "Mis ajustes", "sidebar.account": "Ajustes de la cuenta",
	"sidebar.pings": "Pings", "sidebar.rooms": "Salas",

	"room.settings": "Ajustes de esta sala", "room.empty": "Nadie ha dicho nada todavía. Saluda.",
	"room.earlier": "Mensajes anteriores", "room.later": "Mensajes posteriores", "room.newest": "Ir al mensaje más reciente", "room.join": "Unirme a esta sala", "room.left": "No estás en esta sala.",
	"room.none.title": "Todavía no hay salas", "room.none": "No estás en ninguna sala. Crea una o únete a una de estas.", "room.log": "Mensajes", "room.members.other": "{n} personas", "room.members.one": "solo tú",
	"involvement.invisible": "Sin notificaciones y la sala no aparece en la barra lateral", "involvement.nothing": "Sin notificaciones",
	"involvement.mentions": "Notificaciones de las menciones con @", "involvement.everything": "Notificaciones de todos los mensajes",
	"welcome.title": "Te damos la bienvenida a {site}", "welcome": "Comparte este enlace para que otras personas puedan unirse:", "copy": "Copiar",

	"composer": "Escribe un mensaje", "composer.send": "Enviar el mensaje",
	"message.title": "Mensaje", "edit.label": "Editar el mensaje", "edit.save": "Guardar los cambios", "edit.delete": "Eliminar el mensaje", "edit.close": "Cerrar el editor y descartar los cambios",
	"boost.new": "Añadir una reacción", "boost.delete": "Eliminar esta reacción",

	"newroom.title": "Nueva sala de chat", "newroom.name": "Ponle nombre a la sala", "newroom.open": "Dar acceso a todo el mundo", "newroom.closed": "Dar acceso solo a algunas personas",
	"newroom.people": "Personas", "newroom.save": "Guardar", "newroom.restricted": "Aquí solo los administradores pueden crear salas.", "newroom.ping": "Empezar un ping", "newroom.ping.go": "Empezar el ping",
	"newroom.others": "Salas abiertas en las que no estás",
	"editroom.title": "Editar los ajustes de {room}", "editroom.members": "Miembros", "editroom.add": "Añadir", "editroom.remove": "Quitar", "editroom.remove.label": "Quitar a {name}", "editroom.delete": "Eliminar {room}",
	"editroom.delete.sure": "Esto elimina la sala y todos sus mensajes, para todo el mundo y para siempre.", "editroom.leave": "Salir de esta sala", "editroom.add.label": "Añadir a alguien",

	"account.title": "Ajustes de la cuenta", "account.name": "Nombre", "account.restrict": "Solo los administradores pueden crear salas", "account.accent": "Color de realce (tono)", "account.save": "Guardar los cambios",
	"account.invite": "Invitar a gente", "account.renew": "Renovar el enlace de invitación", "account.people": "Personas", "account.joinlink": "Enlace de invitación",
	"role.member": "Miembro", "role.administrator": "Administrador", "role.bot": "Bot", "status.active": "Activo", "status.deactivated": "Ya no está", "status.banned": "Bloqueado",
	"user.ping": "Enviar un ping a {name}", "user.make_admin": "Hacer administrador", "user.make_member": "Hacer miembro", "user.deactivate": "Quitar a {name}", "user.ban": "Bloquear a {name}", "user.unban": "Levantar el bloqueo",
	"user.ban.sure": "Todo lo que ha escrito {name} desaparecerá al instante.", "user.transfer": "Crear un enlace de acceso", "user.transfer.help": "Para quien se haya quedado fuera: sirve una sola vez, durante cuatro horas.", "user.left": "{name} ya no está.",

	"profile.title": "Mis ajustes", "profile.save": "Guardar los cambios", "profile.devices": "Dispositivos con la sesión iniciada", "profile.this": "este dispositivo", "profile.end": "Cerrar la sesión", "profile.logout": "Cerrar la sesión",
	"profile.transfer": "Entrar en otro dispositivo", "profile.transfer.go": "Crear un enlace de acceso", "profile.transfer.help": "Ábrelo en el otro dispositivo antes de cuatro horas. Sirve una sola vez.", "profile.seen": "última vez:",

	"saved": "Guardado.", "error.title": "Eso no ha funcionado", "error.home": "Volver a las salas", "docs.title": "API",

	"js.failed": "No se ha enviado.", "js.retry": "Reintentar", "js.discard": "Descartar", "js.offline": "No tienes conexión. Lo que escribas se guarda y se envía cuando vuelvas.", "js.reconnecting": "Reconectando…",
	"js.signedout": "Se ha cerrado tu sesión desde otro dispositivo. Inicia sesión de nuevo para continuar.", "js.removed": "Ya no puedes leer esta sala.", "js.typing.one": "{a} está escribiendo…", "js.typing.two": "{a} y {b} están escribiendo…",
	"js.typing.more.one": "{n} persona está escribiendo…", "js.typing.more.other": "{n} personas están escribiendo…", "js.new": "Nuevo", "js.today": "Hoy", "js.yesterday": "Ayer", "js.edit": "Editar", "js.reply": "Responder", "js.boost": "Reaccionar", "js.copy": "Copiar el enlace", "js.copied": "Copiado",
	"js.delete": "Eliminar el mensaje", "js.delete.sure": "¿Eliminar este mensaje para todo el mundo?", "js.save": "Guardar los cambios", "js.dialog.cancel": "Cancelar", "js.cancel": "Cerrar el editor y descartar los cambios", "js.editlabel": "Editar el mensaje",
	"js.replying": "Respuesta a {name}", "js.stop": "Dejar de responder", "js.boostlabel": "Nueva reacción", "js.boostdelete": "Eliminar esta reacción", "js.deleted": "Este mensaje se ha eliminado", "js.edited": "editado", "js.options": "Opciones del mensaje", "js.unread": "Marcar como no leído",
	"js.conflict": "El mensaje ha cambiado en otro sitio mientras tanto. Tu texto sigue aquí; si guardas de nuevo, sustituirá ese cambio.", "js.gone": "No se ha podido cargar. Inténtalo de nuevo.",
	"js.boostmore": "Añadir una reacción", "js.boosts": "{content}, {n}: {names}", "js.copytext": "Copiar el texto", "js.picker": "Todos los emojis", "js.over.one": "Sobra {n} carácter", "js.over.other": "Sobran {n} caracteres",
	"js.rich": "Formato de texto", "js.emoji": "Emoji", "js.toolong.one": "Sobra {n} carácter. Acorta el texto para enviarlo.", "js.toolong.other": "Sobran {n} caracteres. Acorta el texto para enviarlo.", "js.nearlimit": "Caben unos {n} caracteres más.", "js.rich.bold": "Negrita", "js.rich.italic": "Cursiva", "js.rich.strike": "Tachado", "js.rich.code": "Código", "js.rich.block": "Bloque de código", "js.rich.link": "Enlace", "js.rich.quote": "Cita", "js.rich.list": "Lista", "js.rich.numbers": "Lista numerada", "js.rich.heading": "Título", "js.rich.keys": "Ctrl o Cmd con B, I o E da formato a las palabras seleccionadas. @ nombra a gente, : busca emojis.", "js.crowd.one": "@everyone avisa a {n} persona.", "js.crowd.other": "@everyone avisa a {n} personas.", "js.everyone.one": "avisa a {n} persona", "js.everyone.other": "avisa a {n} personas", "js.here": "avisa a quien está en línea", "js.completion": "Sugerencias", "js.picker.search": "Buscar emojis", "js.picker.found": "Encontrados", "js.picker.none": "Ningún emoji se llama así.", "js.picker.recent": "Usados hace poco",
	"js.editkept": "Aquí siguen tus cambios de antes; aún no se han guardado.", "js.editother": "Cambiado en otro sitio mientras tanto:", "js.editgone": "Este mensaje se ha eliminado mientras tanto. Tu texto sigue aquí.", "js.sendnew": "Enviar como mensaje nuevo", "js.copycode": "Copiar",
}}

// spanishAnd is "y", or "e" before what sounds like it: Ana e Isabel, but
// nieve y hielo (CLDR).
func spanishAnd(last string) string {
	last = strings.ToLower(last)
	for _, i := range []string{"i", "í", "hi", "hí"} {
		if rest, ok := strings.CutPrefix(last, i); ok && (i[0] != 'h' || !strings.HasPrefix(rest, "a") && !strings.HasPrefix(rest, "e")) {
			return "{names} e {last}"
		}
	}
	return "{names} y {last}"
}
