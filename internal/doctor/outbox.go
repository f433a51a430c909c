package doctor

import (
	"context"
	"fmt"
	"strings"
	"time"

	"campfire/internal/store"
)

// waitedLong is when a job that could begin has waited for longer than
// workers that are merely busy explain.
const waitedLong = 10 * time.Minute

// outboxAge tells how far behind the world outside is.
func outboxAge(_ context.Context, p *Patient) Finding {
	o := &p.Database.Outbox
	if o.Due == 0 {
		return ok("%d wait, none is due", o.Waiting)
	}
	age := p.Now().Sub(o.Oldest.Time()).Round(time.Second)
	switch most := int64(p.Config.Limits.OutboxMax); {
	case most > 0 && o.Waiting >= most:
		return fail("mend or remove the receivers named below, or CAMPFIRE_OUTBOX_MAX="+itoa(2*most), "%d wait, as many as may: what comes now is dropped", o.Waiting)
	case p.Server == nil:
		return ok("%d wait for the next start, the oldest for %v", o.Waiting, age)
	case age > waitedLong:
		return warn("see which lanes stand still, below, and outbox_try_duration_seconds", "%d are due, the oldest for %v", o.Due, age)
	}
	return ok("%d wait, %d of them are due, the oldest for %v", o.Waiting, o.Due, age)
}

// outboxLanes tells of receivers for which nothing is done.
func outboxLanes(_ context.Context, p *Patient) Finding {
	o := &p.Database.Outbox
	if p.Server == nil {
		return unknown("nothing is delivered while no server is running")
	}
	var lost, busy []string
	for _, l := range o.Still {
		told := fmt.Sprintf("%s: %d for %v", laneName(l.Kind, l.Lane), l.Jobs, p.Now().Sub(l.Since.Time()).Round(time.Second))
		if l.Known {
			busy = append(busy, told)
		} else {
			lost = append(lost, told)
		}
	}
	switch {
	case o.Expired > 0:
		return fail("restart the server: it takes them up again", "%s taken up and never ended", were(o.Expired))
	case len(lost) > 0:
		return fail("restart the server: it finds them again", "no worker looks at %s", strings.Join(lost, "; "))
	case len(busy) > 0:
		return warn("see the log for \"the outbox could not be read or written\", and outbox_try_duration_seconds for receivers that take all workers; a shorter CAMPFIRE_WEBHOOK_TIMEOUT frees them sooner",
			"wait for a worker: %s", strings.Join(busy, "; "))
	}
	return ok("none stands still")
}

func were(n int64) string {
	if n == 1 {
		return "1 job was"
	}
	return itoa(n) + " jobs were"
}

// laneName says whose a lane is.
func laneName(kind store.JobKind, lane int64) string {
	switch kind {
	case store.WebhookJob:
		return "the webhook of bot " + itoa(lane)
	case store.NotifyJob:
		return "notifications of room " + itoa(lane)
	case store.PushJob:
		return "pushes to device " + itoa(lane)
	}
	return kind.String() + "s of one host"
}

// outboxLost tells what was never delivered.
func outboxLost(_ context.Context, p *Patient) Finding {
	var webhooks []string
	var bot, dropped, pushes, rest int64
	for _, l := range p.Database.Outbox.Lost {
		switch {
		case l.Outcome == store.TryDropped:
			dropped += l.Jobs
		case l.Kind == store.WebhookJob:
			if bot == 0 {
				bot = l.Lane
			}
			webhooks = append(webhooks, fmt.Sprintf("%d of bot %d", l.Jobs, l.Lane))
		case l.Kind == store.PreviewJob: // a page that doesn't answer: no preview is shown, and that is all
		case l.Kind == store.PushJob:
			pushes += l.Jobs
		default:
			rest += l.Jobs
		}
	}
	if len(webhooks) > 3 {
		webhooks = append(webhooks[:3], "…")
	}
	var told, remedies []string
	say := func(remedy, format string, a ...any) {
		told, remedies = append(told, fmt.Sprintf(format, a...)), append(remedies, remedy)
	}
	if dropped > 0 {
		say("CAMPFIRE_OUTBOX_MAX="+itoa(2*int64(p.Config.Limits.OutboxMax))+", or fewer receivers that hang", "%d dropped, since the outbox was full", dropped)
	}
	if len(webhooks) > 0 {
		say(fmt.Sprintf("read why under \"Delivery log\" on /account/bots/%d, mend the receiver, and replay them there", bot), "webhooks given up: %s", strings.Join(webhooks, ", "))
	}
	if pushes > 0 {
		say("whoever has the device reads why on /notifications; if it is everyone: VAPID_SUBJECT=mailto:you@example.org, and a way out to the push services", "%d pushes given up", pushes)
	}
	if rest > 0 {
		say("see the server's log for \"a job panicked\" and \"could not be stored\"", "%d notifications of messages given up", rest)
	}
	if len(told) == 0 {
		return ok("nothing in the last week")
	}
	return warn(strings.Join(remedies, "; "), "in the last week: %s", strings.Join(told, "; "))
}
