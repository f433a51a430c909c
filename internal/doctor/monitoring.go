package doctor

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"
)

func metricsReachable(ctx context.Context, p *Patient) Finding {
	addr, token := p.Server.Metrics, ""
	if addr == "" && p.Config.MetricsToken == "" {
		return warn("CAMPFIRE_METRICS_ADDR=127.0.0.1:9300", "off: nothing can watch the server")
	}
	if addr == "" {
		addr, token = p.Server.Addr, p.Config.MetricsToken
	}
	addr = reachable(addr)
	if err := scrape(ctx, addr, token); err != nil {
		return fail("CAMPFIRE_METRICS_ADDR=127.0.0.1:9300", "http://%s/metrics: %v", addr, err)
	}
	return ok("at http://%s/metrics", addr)
}

// reachable is the address to dial for one that is listened on.
func reachable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if ip, perr := netip.ParseAddr(host); err == nil && (host == "" || perr == nil && ip.IsUnspecified()) {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return addr
}

func scrape(ctx context.Context, addr, token string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/metrics", nil)
	if err != nil {
		return err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("answered %s", resp.Status)
	}
	found, err := ReadScrape(resp.Body)
	if err == nil && !found.has("campfire_build_info") {
		err = fmt.Errorf("what answers there is no Campfire")
	}
	return err
}

// metricsExposure looks at the listener that asks for no token and has the
// profiler beside the metrics.
func metricsExposure(_ context.Context, p *Patient) Finding {
	const remedy = "CAMPFIRE_METRICS_ADDR=127.0.0.1:9300, and CAMPFIRE_METRICS_TOKEN_FILE=/path/to/token for /metrics on the main address"
	if p.Config.MetricsAddr == "" {
		return ok("only who presents the token, if one is set")
	}
	host, _, err := net.SplitHostPort(p.Config.MetricsAddr)
	if err != nil {
		return fail(remedy, "%q is no address", p.Config.MetricsAddr)
	}
	ip, err := netip.ParseAddr(host)
	switch {
	case host == "localhost" || err == nil && ip.IsLoopback():
		return ok("this machine alone, on %s", p.Config.MetricsAddr)
	case err == nil && ip.IsPrivate():
		return warn(remedy, "everyone on the network of %s, the profiler included, without a token", host)
	}
	return fail(remedy, "everyone who reaches %s, the profiler included, without a token", p.Config.MetricsAddr)
}

func dashboards(context.Context, *Patient) Finding {
	return pointer("deploy/grafana/campfire.json, to import into Grafana")
}

func alerts(context.Context, *Patient) Finding {
	return pointer("deploy/prometheus/campfire.rules.yml, for Prometheus' rule_files")
}

func loadResults(context.Context, *Patient) Finding {
	return pointer("perf/README.md; measure this machine with: campfire load guide")
}

func scalingOut(context.Context, *Patient) Finding {
	return pointer("docs/founding-guide.md, Sizing: one instance is what this version runs")
}
