package text

import "strings"

var spanish = &Catalogue{Tag: "es", Name: "Español", Dir: "ltr", and: spanishAnd, Texts: map[string]string{
	"skip": "Saltar al contenido", "menu.open": "Abrir el menú", "list.comma": ", ", "list.last": "{names} y {last}",
	"language": "Idioma", "language.auto": "El del navegador", "language.save": "Cambiar",
	"search": "Buscar", "search.placeholder": "Buscar mensajes", "search.exit": "Cerrar la búsqueda", "search.clear": "Borrar las búsquedas recientes",
	"search.recent": "Búsquedas recientes", "search.found.one": "Un mensaje encontrado.", "search.found.other": "{n} mensajes encontrados.", "search.newest.one": "Un mensaje encontrado.", "search.newest.other": "Los {n} mensajes más recientes.", "search.none": "No hay resultados para «{query}»", "search.none.hint": "Prueba con menos palabras o con otras.", "search.end": "No hay nada más antiguo.", "search.older": "Resultados más antiguos",
	"search.help": "Qué se puede buscar", "search.help.words": "mensajes con todas estas palabras o con partes de ellas", "search.help.from": "escritos por alguien con este nombre", "search.help.me": "escritos por ti",
	"search.help.in": "en una sala con este nombre", "search.help.link": "con un enlace", "search.help.after": "después de este día", "search.help.before": "antes de este día",

	"setup.title": "Configurar Campfire", "setup.lead": "Enciende la hoguera: tendrás el papel de administrador.", "setup.go": "Configurar",
	"login.title": "Iniciar sesión", "login.go": "Entrar", "login.help": "¿No puedes entrar? Pregunta a",
	"join.title": "Crear una cuenta", "join.lead": "Tienes una invitación para {site}.", "join.go": "Guardar", "join.have": "¿Ya tienes una cuenta?",
	"transfer.title": "Entrar con un enlace", "transfer.lead": "Este enlace te permite entrar como {name} una sola vez.", "transfer.go": "Entrar como {name}",
	"field.name": "Nombre", "field.email": "Correo electrónico", "field.password": "Contraseña",
	"field.new_password": "Contraseña nueva", "field.current_password": "Contraseña actual", "field.bio": "Sobre ti", "field.password.hint": "Al menos 10 caracteres.",

	"sidebar": "Salas", "sidebar.new_room": "Nueva sala de chat", "sidebar.new_ping": "Nuevo ping", "sidebar.profile": "Mis ajustes", "sidebar.account": "Ajustes de la cuenta",
	"sidebar.pings": "Pings", "sidebar.rooms": "Salas",

	"room.settings": "Ajustes de esta sala",
	"room.earlier":  "Mensajes anteriores", "room.later": "Mensajes posteriores", "room.newest": "Ir al mensaje más reciente", "room.join": "Unirme a esta sala", "room.left": "No estás en esta sala.",
	"room.none.title": "Todavía no hay salas", "room.none": "No estás en ninguna sala. Crea una o únete a una de estas.", "room.log": "Mensajes", "room.members.other": "{n} personas", "room.members.one": "solo tú",
	"involvement.invisible": "Sin notificaciones y la sala no aparece en la barra lateral", "involvement.nothing": "Sin notificaciones",
	"involvement.mentions": "Notificaciones de las menciones con @", "involvement.everything": "Notificaciones de todos los mensajes",
	"welcome.title": "Te damos la bienvenida a {site}", "welcome": "Comparte este enlace para que otras personas puedan unirse:", "copy": "Copiar",

	"composer": "Escribe un mensaje", "composer.send": "Enviar el mensaje",
	"message.title": "Mensaje", "edit.label": "Editar el mensaje", "edit.save": "Guardar los cambios", "edit.delete": "Eliminar el mensaje", "edit.close": "Cerrar el editor y descartar los cambios",
	"boost.new": "Añadir una reacción", "boost.delete": "Eliminar esta reacción",

	"newroom.title": "Nueva sala de chat", "newroom.name": "Ponle nombre a la sala", "newroom.kind": "¿Para quién es?", "newroom.open": "Dar acceso a todo el mundo", "newroom.closed": "Dar acceso solo a algunas personas",
	"newroom.open.hint": "Está todo el mundo, también quien llegue después. Se puede salir y volver a entrar.", "newroom.closed.hint": "Solo están las personas que elijas. Nadie más ve la sala ni sabe que existe.",
	"newroom.people": "Personas", "newroom.give": "Dar acceso a {name} a esta sala", "newroom.save": "Guardar", "newroom.restricted": "Aquí solo los administradores pueden crear salas.",
	"newroom.others": "Salas abiertas en las que no estás", "rooms.title": "Salas a las que unirse", "rooms.browse": "Ver salas a las que unirse", "rooms.all": "Estás en todas las salas abiertas que hay.", "rooms.members.one": "1 persona", "rooms.members.other": "{n} personas",
	"room.join.label": "Unirme a {room}",
	"newping.title":   "Nuevo ping", "newping.hint": "Un ping queda para siempre entre tú y las personas que elijas. No elijas a nadie para guardar notas para ti.", "newping.people": "¿Quién debe estar?", "newping.go": "Empezar el ping",
	"people.filter": "Filtrar por nombre", "people.find": "Buscar a alguien", "people.more": "Más personas", "people.none": "Aquí nadie se llama «{name}».", "people.first.one": "Solo aparece la primera persona.", "people.first.other": "Solo aparecen las primeras {n} personas.",
	"editroom.title": "Editar los ajustes de {room}", "editroom.back": "Volver a {room}", "editroom.members": "Miembros", "editroom.count.one": "Hay 1 persona", "editroom.count.other": "Hay {n} personas", "editroom.creator": "creó esta sala",
	"editroom.add": "Añadir", "editroom.add.label": "Añadir a alguien", "editroom.remove": "Quitar", "editroom.remove.label": "Quitar a {name}",
	"editroom.open.hint": "Entra todo el mundo y puede leer todo lo escrito hasta ahora.", "editroom.close.hint": "Solo se quedan las personas marcadas abajo. Nadie más verá la sala.",
	"editroom.leave": "Salir de esta sala", "editroom.leave.open": "Puedes volver a unirte cuando quieras.", "editroom.leave.closed": "No podrás volver por tu cuenta: alguien tendrá que darte acceso de nuevo.",
	"editroom.leave.sure": "Dejarás de ver {room} y de saber de ella.", "editroom.leave.go": "Salir de {room}",
	"editroom.delete": "Eliminar {room}", "editroom.delete.hint": "Piénsalo bien: lo que se elimina no se puede recuperar.", "editroom.delete.sure": "Esto elimina la sala y todos sus mensajes, para todo el mundo y para siempre.", "editroom.delete.go": "Eliminar {room} para todo el mundo",
	"editping.delete": "Eliminar el ping", "editping.delete.hint": "Puede eliminarlo cualquiera que esté en él.", "editping.delete.sure": "Esto elimina el ping y todos sus mensajes, para todas las personas que están en él y para siempre.", "editping.delete.go": "Eliminarlo para todo el mundo",

	"account.title": "Ajustes de la cuenta", "account.look": "Este Campfire", "account.name": "Nombre", "account.previews": "Mostrar a dónde llevan los enlaces", "account.restrict": "Solo los administradores pueden crear salas", "account.accent": "Color de realce (tono)", "account.save": "Guardar los cambios",
	"account.invite": "Invitar a gente", "account.invite.hint": "Quien tenga este enlace puede crear una cuenta aquí.", "account.people": "Personas",
	"account.joinlink": "Enlace de invitación", "account.joinlink.copy": "Copiar el enlace de invitación", "account.joinlink.share": "Compartir el enlace de invitación", "account.joinlink.qr": "Mostrar el código QR de invitación",
	"account.renew": "Renovar el enlace de invitación", "account.renew.sure": "El enlace de arriba deja de servir al instante para quien lo tenga.", "account.renew.go": "Crear un enlace nuevo", "share": "Compartir",
	"styles.title": "Estilos propios", "styles.about": "CSS para todas las páginas de este Campfire, para todo el mundo. Va después de los estilos de Campfire y tiene prioridad. No se cargan fuentes ni imágenes de otros sitios.",
	"styles.without": "Esta página y los ajustes de la cuenta se muestran sin ellos, para que siempre se pueda deshacer un error aquí.", "styles.label": "CSS", "styles.hint": "64 KiB como máximo. Ctrl+Intro guarda. Déjalo vacío para no usar ninguno.", "styles.save": "Guardar los estilos",
	"role.member": "Miembro", "role.administrator": "Administrador", "role.bot": "Bot", "status.active": "Activo", "status.deactivated": "Ya no está", "status.banned": "Bloqueado",
	"user.ping": "Enviar un ping a {name}", "user.ping.self": "Escribir notas para ti", "user.common": "Salas en las que estáis ambos", "user.left": "{name} ya no está.", "user.banned": "{name} está bloqueado. Todo lo que escribió ha desaparecido.",
	"user.manage": "Gestionar", "user.manage.label": "Gestionar a {name}", "user.role": "Rol de {name}", "user.role.save": "Guardar el rol", "user.role.self": "Si te haces miembro, solo otro administrador puede deshacerlo.",
	"user.deactivate": "Quitar a {name}", "user.deactivate.sure": "Se cierra la sesión de {name} en todas partes y sale de todas las salas. Lo que escribió se queda. Su dirección queda libre para otra cuenta; esta no se puede recuperar.", "user.deactivate.go": "Quitar a {name} para siempre",
	"user.ban": "Bloquear a {name}", "user.ban.sure": "Se cierra la sesión de {name} en todas partes, todo lo que escribió desaparece al instante y se rechazan las direcciones desde las que entró.", "user.ban.go": "Bloquear a {name} ahora",
	"user.unban": "Levantar el bloqueo de {name}", "user.unban.hint": "{name} podrá volver a entrar. Lo que escribió no vuelve.",
	"user.transfer": "Enlace de acceso", "user.transfer.go": "Crear un enlace de acceso", "user.transfer.about": "Si {name} se ha quedado fuera: un enlace para entrar sin contraseña, una sola vez, durante cuatro horas.", "user.transfer.help": "Dáselo solo a {name}: quien lo abra entra como {name}. Sirve una sola vez, durante cuatro horas.",
	"login.link": "Enlace de acceso", "login.link.copy": "Copiar el enlace de acceso", "login.link.share": "Compartir el enlace de acceso", "login.link.qr": "Mostrar el código QR de acceso",

	"profile.title": "Mis ajustes", "profile.me": "Sobre mí", "profile.save": "Guardar los cambios",
	"profile.appearance": "Aspecto", "profile.theme": "Colores", "profile.theme.hint": "Solo se guarda en este dispositivo.", "profile.theme.save": "Guardar el aspecto", "theme.system": "Como el dispositivo", "theme.light": "Claro", "theme.dark": "Oscuro",
	"profile.rooms": "Salas y notificaciones", "profile.rooms.label": "Notificaciones de {room}", "profile.rooms.save": "Guardar las notificaciones", "profile.rooms.none": "Todavía no estás en ninguna sala.",
	"profile.devices": "Dispositivos con la sesión iniciada", "profile.this": "este dispositivo", "profile.end": "Cerrar la sesión", "profile.end.label": "Cerrar la sesión de {device}", "profile.end.others": "Cerrar todas las demás", "profile.seen": "última vez:", "profile.since": "sesión iniciada:",
	"device": "{browser} en {system}", "device.unknown": "Dispositivo desconocido",
	"profile.transfer": "Entrar en otro dispositivo", "profile.transfer.about": "Un enlace para entrar allí sin tu contraseña.", "profile.transfer.go": "Crear un enlace de acceso", "profile.transfer.help": "Ábrelo en el otro dispositivo antes de cuatro horas. Sirve una sola vez.",
	"profile.password": "Contraseña", "profile.password.hint": "Se cierra la sesión en todos tus demás dispositivos.", "profile.password.link": "Has entrado con un enlace: durante la media hora siguiente puede quedar vacía.", "profile.password.save": "Cambiar la contraseña",
	"hooks.title": "Webhooks de entrada", "hooks.about": "Una dirección a la que escriben otros programas: monitorización, compilaciones, scripts. Escriben como lo esperan los webhooks de entrada de Slack, cada uno con su propio nombre.",
	"hooks.none": "Todavía no hay ninguno. Ponle nombre a uno y pega su dirección donde un programa pida un webhook de Slack.", "hooks.name": "Nombre", "hooks.go": "Crear un webhook",
	"hooks.made": "Esta es la dirección de {name}. Cópiala ahora: no se vuelve a mostrar. Quien la conozca puede escribir aquí.", "hooks.url": "Dirección del webhook", "hooks.copy": "Copiar la dirección del webhook", "hooks.by": "creado por {name}",
	"hooks.end": "Eliminar", "hooks.end.label": "Eliminar {name}", "hooks.end.sure": "Todo lo que escriba como {name} deja de funcionar al instante. Lo que escribió se queda.", "did.hook": "El webhook se ha eliminado.",
	"tokens.title": "Tokens de acceso", "tokens.about": "Para scripts y programas que actúan en tu nombre. Un token puede hacer lo que elijas, y nunca más que tú.", "tokens.name": "¿Para qué es?", "tokens.go": "Crear un token",
	"bots.setup": "Configurar bots", "bots.title": "Bots", "bots.about": "Los bots son programas que leen y escriben aquí, con una clave en lugar de contraseña.", "bots.none": "Aún no hay bots. El primero necesita un nombre, y curl.",
	"bots.nohook": "Publica por su cuenta; no se entera de nada.", "bots.stopped": "Su webhook dijo que ya no existe.", "bots.stopped.help": "El webhook respondió 410: ya no existe. Guarda su dirección de nuevo para reanudarlo.", "bots.new": "Nuevo bot",
	"bots.create": "Crear el bot", "bots.bot": "Este bot", "bots.save": "Guardar el bot", "bots.hook": "URL del webhook",
	"bots.hook.hint": "Se entera de los mensajes que mencionan al bot y de todos los de sus pings. Puede estar en tu propia red. Vacía: ninguna.", "bots.key": "Clave del bot", "bots.key.about": "Aquí solo se guarda su hash, así que no se puede mostrar otra vez. ¿La perdiste? Crea una nueva.", "bots.key.made": "Esta es la clave del bot. Cópiala ahora: no se vuelve a mostrar.",
	"bots.key.copy": "Copiar la clave del bot", "bots.key.renew": "Regenerar la clave", "bots.key.renew.sure": "Todo lo que use la clave antigua deja de funcionar al instante.", "bots.key.renew.go": "Crear una clave nueva",
	"bots.posting": "Publicar", "bots.posting.about": "Pega esto en una terminal.", "bots.posting.key": "Pega esto en una terminal donde BOT_KEY sea la clave del bot.", "bots.norooms": "El bot no está en ninguna sala. Añádelo en los ajustes de una sala.",
	"bots.curl": "Orden para publicar en {room}", "bots.curl.copy": "Copiar la orden para {room}", "bots.webhook": "Webhook", "bots.webhook.about": "Las entregas se firman según Standard Webhooks. Si se responde con un texto, se publica como del bot.",
	"bots.test": "Enviar una prueba", "bots.test.done": "El webhook respondió en {ms} ms.", "bots.test.failed": "La prueba falló a los {ms} ms.", "bots.secret": "Secreto de firma",
	"bots.secret.made": "Este es el secreto que firma las entregas. Cópialo ahora: no se vuelve a mostrar.", "bots.secret.copy": "Copiar el secreto de firma", "bots.secret.renew": "Regenerar el secreto de firma", "bots.secret.renew.sure": "Desde ahora las entregas se firman solo con el nuevo.",
	"bots.secret.renew.go": "Crear un secreto nuevo", "bots.remove": "Eliminar", "bots.remove.label": "Eliminar a {name}", "bots.remove.sure": "{name} ya no podrá leer ni escribir aquí. Lo que escribió se queda.",
	"bots.remove.go": "Eliminar a {name} para siempre", "bots.log": "Registro de entregas", "bots.log.of": "Entregas a {name}", "bots.log.none": "Aún no se ha entregado nada.",
	"bots.log.more": "Entregas anteriores", "bots.try": "intento {n}", "bots.took": "{ms} ms", "bots.message": "mensaje",
	"bots.istest": "prueba", "bots.replay": "Repetir", "bots.replay.label": "Repetir la entrega de {time}", "bots.outcome.done": "Entregado",
	"bots.outcome.skipped": "Ya no hacía falta", "bots.outcome.failed": "Falló, se volverá a intentar", "bots.outcome.given_up": "Abandonado", "bots.outcome.dropped": "Descartado, había demasiado en espera",
	"tokens.scopes": "¿Qué puede hacer?", "scope.read": "Leer", "scope.write": "Publicar y cambiar", "scope.admin": "Administrar",
	"picture.yours": "Tu imagen", "picture.hint": "JPEG, PNG, GIF o WebP, recortada en cuadrado.", "picture.save": "Guardar la imagen", "picture.remove": "Quitar la imagen", "account.logo": "Logotipo", "account.logo.remove": "Quitar el logotipo", "user.picture.remove": "Quitar la imagen", "did.picture": "Imagen quitada.",
	"tokens.made": "Este es el token para {name}. Cópialo ahora: no se vuelve a mostrar.", "tokens.secret": "Token de acceso", "tokens.copy": "Copiar el token de acceso", "tokens.try": "Pruébalo:", "tokens.curl": "Orden para probarlo", "tokens.curl.copy": "Copiar la orden",
	"tokens.since": "creado:", "tokens.used": "último uso:", "tokens.unused": "sin usar", "tokens.end": "Revocar", "tokens.end.label": "Revocar {name}", "tokens.end.sure": "Todo lo que use {name} deja de funcionar al instante.",
	"profile.leave": "Dejar este dispositivo", "profile.logout": "Cerrar la sesión",

	"mentions.none": "Nadie te ha mencionado todavía", "mentions.none.hint": "Cuando alguien escriba @ y tu nombre, aparecerá aquí.", "mentions.end": "No hay más antiguas.", "mentions.older": "Menciones más antiguas",

	"did.bot": "El bot se ha eliminado.", "did.replay": "Se volverá a entregar en un momento.",
	"did.password": "Contraseña cambiada. Se ha cerrado la sesión en todos tus demás dispositivos.", "did.end": "Sesión cerrada allí.", "did.token": "El token está revocado.", "did.code": "El enlace anterior ya no sirve; este es el nuevo.",
	"did.role": "Rol cambiado.", "did.deactivate": "Ya no está; se ha cerrado su sesión en todas partes.", "did.ban": "Bloqueado. Todo lo que escribió ha desaparecido.", "did.unban": "Se ha levantado el bloqueo.", "did.member": "Miembros cambiados.", "did.leave": "Has salido de la sala.", "did.delete": "Eliminado.",

	"qr":    "{label} como código QR",
	"saved": "Guardado.", "error.title": "Eso no ha funcionado", "error.home": "Volver a las salas", "docs.title": "API",

	"js.failed": "No se ha enviado.", "js.retry": "Reintentar", "js.discard": "Descartar", "js.offline": "No tienes conexión. Lo que escribas se guarda y se envía cuando vuelvas.", "js.reconnecting": "Reconectando…",
	"js.signedout": "Se ha cerrado tu sesión desde otro dispositivo. Inicia sesión de nuevo para continuar.", "js.removed": "Ya no puedes leer esta sala.", "js.typing.one": "{a} está escribiendo…", "js.typing.two": "{a} y {b} están escribiendo…",
	"js.typing.more.one": "{n} persona está escribiendo…", "js.typing.more.other": "{n} personas están escribiendo…", "js.new": "Nuevo", "js.today": "Hoy", "js.yesterday": "Ayer", "js.edit": "Editar", "js.reply": "Responder", "js.boost": "Reaccionar", "js.preview.remove": "Quitar las vistas previas", "js.copy": "Copiar el enlace", "js.copied": "Copiado",
	"js.crop.title": "Elige qué se ve", "js.crop.area": "Parte de la imagen", "js.crop.help": "Arrastra la imagen o muévela con las flechas; + y − cambian el zoom.", "js.crop.zoom": "Zoom", "js.crop.in": "Acercar", "js.crop.out": "Alejar",
	"js.crop.left": "Mover la imagen a la izquierda", "js.crop.right": "Mover la imagen a la derecha", "js.crop.up": "Mover la imagen hacia arriba", "js.crop.down": "Mover la imagen hacia abajo", "js.crop.at": "Centro al {x} % de ancho y al {y} % de alto", "js.crop.save": "Guardar la imagen",
	"js.delete": "Eliminar el mensaje", "js.delete.sure": "¿Eliminar este mensaje para todo el mundo?", "js.save": "Guardar los cambios", "js.dialog.cancel": "Cancelar", "js.cancel": "Cerrar el editor y descartar los cambios", "js.editlabel": "Editar el mensaje",
	"js.bot":     "Bot",
	"js.inreply": "En respuesta a", "js.replying": "Respuesta a {name}", "js.stop": "Dejar de responder", "js.boostlabel": "Nueva reacción", "js.boostdelete": "Eliminar esta reacción", "js.deleted": "Este mensaje se ha eliminado", "js.edited": "editado", "js.options": "Opciones del mensaje", "js.unread": "Marcar como no leído",
	"js.conflict": "El mensaje ha cambiado en otro sitio mientras tanto. Tu texto sigue aquí; si guardas de nuevo, sustituirá ese cambio.", "js.gone": "No se ha podido cargar. Inténtalo de nuevo.",
	// The room's log.
	"js.below.one": "{n} mensaje nuevo", "js.below.other": "{n} mensajes nuevos", "js.heard": "{name}: {text}", "js.waiting": "por enviar", "js.signin": "Iniciar sesión",
	"js.full":    "El servidor no tiene más espacio. No se ha guardado nada.",
	"room.empty": "Nadie ha dicho nada todavía", "room.empty.open": "Todos pueden leer esta sala. Saluda o pregunta lo que venías a preguntar.", "room.empty.closed": "Solo quienes están en esta sala pueden leerla. Escribe abajo el primer mensaje.", "room.empty.direct": "Esto queda entre vosotros. Escribe abajo el primer mensaje.", "switcher": "Buscar o ir a…", "mentions": "Menciones",

	"js.visit.failed": "No se puede llegar al servidor. Sigues donde estabas.", "js.visit.offline": "Estás sin conexión. Sigues donde estabas.",
	"js.row.unread": "sin leer", "js.row.mentions": "para ti", "js.status.online": "en línea", "js.status.away": "ausente", "js.present.one": "{n} persona más está aquí", "js.present.other": "{n} personas más están aquí",
	"js.involvement.menu": "Notificaciones", "js.involvement.invisible": "Sin notificaciones y la sala no aparece en la barra lateral", "js.involvement.nothing": "Sin notificaciones",
	"js.involvement.mentions": "Notificaciones de las menciones con @", "js.involvement.everything": "Notificaciones de todos los mensajes",
	"js.signedout.title": "Has cerrado la sesión", "js.signedout.kept": "Lo que has escrito se guarda en este dispositivo. Inicia sesión para seguir donde estás.", "js.signedout.go": "Iniciar sesión",
	"js.switcher.label": "Buscar o ir a…", "js.switcher.room": "Sala", "js.switcher.ping": "Ping", "js.switcher.person": "Persona", "js.switcher.search": "Buscar mensajes", "js.switcher.search.for": "Buscar «{query}»",
	"js.command.room": "Sala nueva", "js.command.ping": "Ping nuevo", "js.command.mentions": "Menciones", "js.command.read": "Marcar todo como leído", "js.command.read.done": "Todo está leído.",
	"js.command.profile": "Mis ajustes", "js.command.account": "Ajustes de la cuenta", "js.command.light": "Tema claro", "js.command.dark": "Tema oscuro", "js.command.link": "Copiar el enlace de la sala",
	"js.command.notify": "Esta sala: {level}", "js.command.logout": "Cerrar sesión",
	"js.keys.title": "Atajos de teclado", "js.keys.done": "Cerrar", "js.keys.ctrl": "Ctrl", "js.keys.shift": "Mayús",
	"js.keys.group.go": "Moverse", "js.keys.group.room": "En una sala", "js.keys.group.composer": "Escribir", "js.keys.group.message": "Mensajes",
	"js.keys.switcher": "Ir a una sala, una persona o una orden", "js.keys.rooms": "Sala anterior o siguiente", "js.keys.rooms.unread": "Sala sin leer anterior o siguiente", "js.keys.search": "Buscar",
	"js.keys.read": "Al final; todo queda leído", "js.keys.read.all": "Marcar todo como leído", "js.keys.write": "Escribir un mensaje",
	"js.keys.send": "Enviar", "js.keys.newline": "Línea nueva", "js.keys.editlast": "Editar tu último mensaje", "js.keys.cancel": "Dejar de responder o de editar", "js.keys.messages": "De mensaje en mensaje", "js.keys.ends": "Primer y último mensaje",
	"js.boostmore": "Añadir una reacción", "js.boosts": "{content}, {n}: {names}", "js.copytext": "Copiar el texto", "js.picker": "Todos los emojis", "js.over.one": "Sobra {n} carácter", "js.over.other": "Sobran {n} caracteres",
	"js.rich": "Formato de texto", "js.emoji": "Emoji", "js.toolong.one": "Sobra {n} carácter. Acorta el texto para enviarlo.", "js.toolong.other": "Sobran {n} caracteres. Acorta el texto para enviarlo.", "js.nearlimit": "Caben unos {n} caracteres más.", "js.rich.bold": "Negrita", "js.rich.italic": "Cursiva", "js.rich.strike": "Tachado", "js.rich.code": "Código", "js.rich.block": "Bloque de código", "js.rich.link": "Enlace", "js.rich.quote": "Cita", "js.rich.list": "Lista", "js.rich.numbers": "Lista numerada", "js.rich.heading": "Título", "js.rich.keys": "Ctrl o Cmd con B, I o E da formato a las palabras seleccionadas. @ nombra a gente, : busca emojis.", "js.crowd.one": "@everyone avisa a {n} persona.", "js.crowd.other": "@everyone avisa a {n} personas.", "js.everyone.one": "avisa a {n} persona", "js.everyone.other": "avisa a {n} personas", "js.here": "avisa a quien está en línea", "js.completion": "Sugerencias", "js.picker.search": "Buscar emojis", "js.picker.found": "Encontrados", "js.picker.tone": "Tono de piel", "js.picker.none": "Ningún emoji se llama así.", "js.picker.recent": "Usados hace poco",
	"js.editkept": "Aquí siguen tus cambios de antes; aún no se han guardado.", "js.editother": "Cambiado en otro sitio mientras tanto:", "js.copycode": "Copiar",
	"js.editgone": "Este mensaje se ha eliminado mientras tanto. Tu texto sigue aquí.", "js.sendnew": "Enviar como mensaje nuevo",
	"offline.title": "Estás sin conexión", "offline": "No se puede llegar a Campfire desde aquí. Esta página lo vuelve a intentar sola y sigue donde estabas.", "offline.retry": "Reintentar", "js.install": "Instalar Campfire", "js.install.hint": "Ten Campfire entre tus aplicaciones.", "js.install.dismiss": "No volver a mostrarlo", "js.install.manual": "Abre el menú Compartir del navegador y elige «Añadir a pantalla de inicio».",
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
