package doctor

import (
	"context"
)

// enough is how many requests make a rate or a percentile worth telling.
const enough = 1000

func cacheLevels(_ context.Context, p *Patient) Finding {
	if p.Config.Cache == 0 {
		return warn("CAMPFIRE_CACHE=32MiB", "off: every request reads the database anew")
	}
	return ok("%s of values in memory over %s of database pages", sizeOf(p.Config.Cache), sizeOf(p.Config.DBCache))
}

func hitRate(_ context.Context, p *Patient) Finding {
	if p.Config.Cache == 0 {
		return warn("CAMPFIRE_CACHE=32MiB", "the caches are off")
	}
	all := p.Metrics.sum("cache_requests_total")
	if all < enough {
		return unknown("not enough data yet: %.0f requests of %d", all, enough)
	}
	rate := p.Metrics.sum("cache_requests_total", "result", "hit") / all
	if rate <= 0.8 {
		return warn("CAMPFIRE_CACHE="+itoa(2*p.Config.Cache>>20)+"MiB", "%.0f %% of %.0f requests since the start; the target is more than 80 %%", 100*rate, all)
	}
	return ok("%.0f %% of %.0f requests since the start", 100*rate, all)
}

func lifetimes(context.Context, *Patient) Finding {
	return pointer("docs/decisions/0006-remembered-until-it-changes.md; go test ./internal/cache")
}

func invalidation(context.Context, *Patient) Finding {
	return pointer("docs/decisions/0006-remembered-until-it-changes.md; go test ./internal/chat -run Remembered")
}
