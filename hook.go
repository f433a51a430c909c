package campfire

// Hook is an incoming webhook of a room: whoever knows its address can post
// there, under its name. Only a hash of the address's secret is stored.
type Hook struct {
	ID      HookID
	Room    RoomID
	User    UserID // the bot that it posts as, in that room alone
	Creator Person
	Name    string

	CreatedAt  Time
	LastUsedAt Time // to the minute; zero: never
}
