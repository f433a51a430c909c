package doctor

import (
	"context"
	"time"
)

func clockAndMessages(_ context.Context, p *Patient) Finding {
	newest := p.Database.NewestAt.Time()
	if p.Database.NewestAt == 0 {
		return ok("there are no messages yet")
	}
	if ahead := newest.Sub(p.Now()); ahead > time.Second {
		return fail("timedatectl set-ntp true", "the newest message is of %s, %v from now: the clock is wrong, or was", newest.Format(time.RFC3339), ahead.Round(time.Second))
	}
	return ok("later than the newest message, of %s", newest.Format(time.RFC3339))
}

func clockSynchronised(_ context.Context, p *Patient) Finding {
	synchronised, known := p.Machine.Synchronised()
	switch {
	case !known:
		return unknown("this system does not tell whether its clock is synchronised")
	case !synchronised:
		return warn("timedatectl set-ntp true", "the system says that it is not synchronised")
	}
	return ok("synchronised")
}
