package campfire

import "time"

// Rate bounds how often something may happen: Events per Per on average, and
// at most Burst at once. The zero Rate sets no bound.
type Rate struct {
	Events int
	Per    time.Duration
	Burst  int
}

// Unlimited reports whether the rate sets no bound.
func (r Rate) Unlimited() bool { return r.Events == 0 }
