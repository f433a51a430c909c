package server

import "net/http"

// anyPath is the pattern of what no route is for.
const anyPath = "/"

// development is the version of a program that was not built from a release.
const development = "dev"

// routes lists every path that is answered.
func (s *Server) routes() {
	handle := func(pattern string, h http.Handler) {
		s.mux.Handle(pattern, h)
		s.all.Handle(pattern, h)
	}
	open := func(pattern string, f handlerFunc) { handle(pattern, s.public(f)) }
	auth := func(pattern string, f handlerFunc) { handle(pattern, s.member(f)) }
	page := func(pattern string, f handlerFunc) { handle(pattern, s.page(f)) }
	s.all.Handle(anyPath, s.public(s.none))

	// Setup, sessions, people.
	open("GET /api/setup", s.getSetup)
	open("POST /api/setup", s.postSetup)
	open("POST /api/auth/login", s.postLogin)
	auth("POST /api/auth/logout", s.postLogout)
	auth("GET /api/account", s.getAccount)
	auth("PATCH /api/account", s.patchAccount)
	auth("POST /api/account/join_code", s.postJoinCode)
	auth("GET /api/account/styles", s.getStyles)
	auth("PUT /api/account/styles", s.putStyles)
	open("POST /api/join/{code}", s.postJoin)
	auth("GET /api/users/me", s.getMe)
	auth("PATCH /api/users/me", s.patchMe)
	auth("POST /api/users/me/transfer", s.postMyTransfer)
	auth("GET /api/users/me/sessions", s.getSessions)
	auth("DELETE /api/users/me/sessions/{session}", s.deleteSession)
	auth("GET /api/users/me/tokens", s.getTokens)
	auth("POST /api/users/me/tokens", s.postToken)
	auth("DELETE /api/users/me/tokens/{token}", s.deleteToken)
	auth("GET /api/users", s.getUsers)
	auth("GET /api/users/{user}", s.getUser)
	auth("PATCH /api/users/{user}", s.patchUser)
	auth("DELETE /api/users/{user}", s.deleteUser)
	auth("POST /api/users/{user}/transfer", s.postTransfer)
	auth("POST /api/users/{user}/ban", s.postBan)
	auth("DELETE /api/users/{user}/ban", s.deleteBan)

	// Rooms.
	auth("GET /api/rooms", s.getRooms)
	auth("POST /api/rooms", s.postRoom)
	auth("GET /api/rooms/{room}", s.getRoom)
	auth("PATCH /api/rooms/{room}", s.patchRoom)
	auth("DELETE /api/rooms/{room}", s.deleteRoom)
	auth("POST /api/rooms/{room}/join", s.postRoomJoin)
	auth("GET /api/rooms/{room}/members", s.getMembers)
	auth("PUT /api/rooms/{room}/members/{user}", s.putMember)
	auth("DELETE /api/rooms/{room}/members/{user}", s.deleteMember)
	auth("PUT /api/rooms/{room}/involvement", s.putInvolvement)
	auth("PUT /api/rooms/{room}/read", s.putRead)

	// Messages.
	auth("GET /api/rooms/{room}/messages", s.getMessages)
	auth("POST /api/rooms/{room}/messages", s.postMessage)
	auth("POST /api/rooms/{room}/messages/batch", s.postBatch)
	auth("GET /api/rooms/{room}/messages/{message}", s.getMessage)
	auth("PATCH /api/rooms/{room}/messages/{message}", s.patchMessage)
	auth("DELETE /api/rooms/{room}/messages/{message}", s.deleteMessage)
	auth("DELETE /api/rooms/{room}/messages/{message}/previews", s.deletePreviews)
	auth("POST /api/unfurl", s.postUnfurl)
	auth("POST /api/rooms/{room}/messages/{message}/boosts", s.postBoost)
	auth("DELETE /api/rooms/{room}/messages/{message}/boosts/{boost}", s.deleteBoost)
	auth("GET /api/rooms/{room}/events", s.getEvents)
	auth("GET /api/mentions", s.getMentions)
	auth("GET /api/search", s.getSearch)
	auth("GET /api/searches", s.getSearches)
	auth("DELETE /api/searches", s.deleteSearches)

	// Live.
	handle("GET /ws", s.probed(s.member(s.getSocket)))

	// Operating it.
	open("GET /up", s.getUp)
	open("GET /healthz", s.getUp)
	open("GET /health/live", s.getUp)
	open("GET /health/ready", s.getReady)
	open("GET /readyz", s.getReady)
	auth("GET /health", s.getHealth)
	open("GET /api/openapi.json", s.getOpenAPI)
	open("GET /api/docs", s.getDocs)
	if s.Version == development {
		open("GET /design", s.getDesign)
	}
	if s.MetricsToken != "" {
		open("GET /metrics", s.getMetrics)
	}

	// Pages and their forms.
	handle("GET /assets/", http.StripPrefix("/assets", s.web.Assets()))
	open("GET /styles/{file}", s.styles)
	open("GET /manifest.webmanifest", s.getManifest)
	open("GET /service-worker.js", s.getWorker)
	open("GET /offline", s.getOffline)
	open("GET /setup", s.setupPage)
	open("POST /setup", s.setupForm)
	open("GET /login", s.loginPage)
	open("POST /login", s.loginForm)
	open("GET /join/{code}", s.joinPage)
	open("POST /join/{code}", s.joinForm)
	open("GET /transfer/{token}", s.transferPage)
	open("POST /transfer/{token}", s.transferForm)
	open("POST /language", s.languageForm)
	page("POST /logout", s.logoutForm)
	page("GET /{$}", s.homePage)
	page("GET /sidebar", s.sidebarFragment)
	page("GET /rooms", s.browsePage)
	page("GET /rooms/new", s.newRoomPage)
	page("POST /rooms", s.newRoomForm)
	page("GET /directs/new", s.newDirectPage)
	page("POST /directs", s.newDirectForm)
	page("GET /rooms/{room}", s.roomPage)
	page("POST /rooms/{room}", s.editRoomForm)
	page("GET /rooms/{room}/edit", s.editRoomPage)
	page("POST /rooms/{room}/delete", s.deleteRoomForm)
	page("POST /rooms/{room}/join", s.joinRoomForm)
	page("POST /rooms/{room}/leave", s.leaveRoomForm)
	page("POST /rooms/{room}/involvement", s.involvementForm)
	page("POST /rooms/{room}/members", s.membersForm)
	page("GET /rooms/{room}/messages", s.messagesFragment)
	page("POST /rooms/{room}/messages", s.postForm)
	page("GET /rooms/{room}/{place}", s.permalinkPage) // @42
	page("GET /rooms/{room}/messages/{message}/edit", s.editMessagePage)
	page("POST /rooms/{room}/messages/{message}", s.editMessageForm)
	page("POST /rooms/{room}/messages/{message}/delete", s.deleteMessageForm)
	page("POST /rooms/{room}/messages/{message}/previews/delete", s.previewsForm)
	page("POST /rooms/{room}/messages/{message}/boosts", s.boostForm)
	page("POST /rooms/{room}/messages/{message}/boosts/{boost}/delete", s.unboostForm)
	page("GET /search", s.searchPage)
	page("GET /mentions", s.mentionsPage)
	page("POST /searches/clear", s.clearSearchesForm)
	page("GET /account", s.accountPage)
	page("POST /account", s.accountForm)
	page("POST /account/join_code", s.joinCodeForm)
	page("GET /account/styles", s.stylesPage)
	page("POST /account/styles", s.stylesForm)
	page("GET /profile", s.profilePage)
	page("POST /profile", s.profileForm)
	page("POST /profile/transfer", s.profileTransferForm)
	page("POST /profile/password", s.passwordForm)
	page("POST /profile/appearance", s.appearanceForm)
	page("POST /profile/rooms", s.involvementsForm)
	page("POST /profile/sessions/others/delete", s.otherSessionsForm)
	page("POST /profile/sessions/{session}/delete", s.sessionForm)
	page("POST /profile/tokens", s.tokenForm)
	page("POST /profile/tokens/{token}/delete", s.endTokenForm)
	page("GET /users/{user}", s.userPage)
	page("POST /users/{user}/role", s.roleForm)
	page("POST /users/{user}/deactivate", s.deactivateForm)
	page("POST /users/{user}/ban", s.banForm)
	page("POST /users/{user}/unban", s.unbanForm)
	page("POST /users/{user}/transfer", s.userTransferForm)
	auth("GET /users/{user}/avatar", s.avatar)
	auth("GET /previews/{image}/image", s.previewImage)
}
