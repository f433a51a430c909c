package config

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"campfire"
)

func TestDefaultsAreThoseOfTheTable(t *testing.T) {
	c, warnings, err := Read(nil)
	if err != nil || len(warnings) != 0 {
		t.Fatal(err, warnings)
	}
	l := c.Limits
	if c.Addr != ":3000" || c.MetricsAddr != "127.0.0.1:9300" || c.DBSync != "full" || l.MaxBody != 256<<10 || l.SessionMax != 180*24*time.Hour ||
		l.RatePost != (campfire.Rate{Events: 5, Per: time.Second, Burst: 20}) || l.RateLogin != (campfire.Rate{Events: 10, Per: 3 * time.Minute, Burst: 10}) {
		t.Errorf("%+v", c)
	}
	if !filepath.IsAbs(c.Data) {
		t.Errorf("data directory %q", c.Data)
	}
	seen := map[string]bool{}
	for _, o := range Options() {
		if o.Help == "" || !strings.HasSuffix(o.Help, ".") || seen[o.Name] {
			t.Errorf("%s: help %q", o.Name, o.Help)
		}
		seen[o.Name] = true
	}
}

func TestValues(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("from a file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, _, err := Read([]string{"CAMPFIRE_MAX_BODY=off", "CAMPFIRE_WS_QUEUE=1000", "CAMPFIRE_RATE_POST=off", "CAMPFIRE_RATE_LOGIN=2/90s,5", "CAMPFIRE_METRICS_ADDR=off",
		"CAMPFIRE_URL=https://example.org/chat/", "TRUSTED_PROXIES=10.0.0.0/8, ::1", "CAMPFIRE_ORIGINS=https://Other.example", "CAMPFIRE_OUTBOUND_ALLOW=10.1.2.3, fd00::/8:8080", "CAMPFIRE_METRICS_TOKEN_FILE=" + file})
	if err != nil {
		t.Fatal(err)
	}
	if c.Limits.MaxBody != 0 || c.Limits.WSQueue != 1000 || !c.Limits.RatePost.Unlimited() || c.MetricsAddr != "" || c.MetricsToken != "from a file" ||
		c.Limits.RateLogin != (campfire.Rate{Events: 2, Per: 90 * time.Second, Burst: 5}) || c.URL.String() != "https://example.org/chat" ||
		c.TrustedProxies[1] != netip.MustParsePrefix("::1/128") || c.Origins[0] != "https://other.example" ||
		fmt.Sprint(c.OutboundAllow) != "[10.1.2.3/32 fd00::/8:8080]" {
		t.Errorf("%+v", c)
	}
}

func TestSettingsMakeTheSameConfig(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("a = b"), 0o600); err != nil {
		t.Fatal(err)
	}
	first, _, err := Read([]string{"CAMPFIRE_WS_QUEUE=99", "CAMPFIRE_RATE_POST=off", "CAMPFIRE_ADDR=:3000", "CAMPFIRE_METRICS_TOKEN_FILE=" + file})
	if err != nil || len(first.Settings) != 3 || len(first.Files) != 1 || first.Files[0] != file {
		t.Fatalf("%q %q %v", first.Settings, first.Files, err)
	}
	second, _, err := Read(first.Settings)
	if err != nil || second.Limits != first.Limits || second.MetricsToken != "a = b" {
		t.Errorf("%+v, %v", second, err)
	}
}

func TestWrongValuesAreNamed(t *testing.T) {
	for _, e := range []string{"CAMPFIRE_MAX_BODY=-1", "CAMPFIRE_MAX_BODY=9999999999GiB", "CAMPFIRE_WS_QUEUE=0", "CAMPFIRE_WS_QUEUE=many", "CAMPFIRE_RATE_POST=5/", "CAMPFIRE_RATE_POST=0/s", "CAMPFIRE_RATE_POST=5/s,0",
		"CAMPFIRE_WS_PING=soon", "CAMPFIRE_WS_PING=-1s", "CAMPFIRE_ADDR=:99999", "CAMPFIRE_URL=ftp://x", "TRUSTED_PROXIES=everyone", "CAMPFIRE_OUTBOUND_ALLOW=10.0.0.0/8:web", "CAMPFIRE_ORIGINS=example.org", "CAMPFIRE_LOG_LEVEL=loud", "REDIS_URL=redis://x"} {
		name, _, _ := strings.Cut(e, "=")
		if _, _, err := Read([]string{e}); err == nil || !strings.HasPrefix(err.Error(), name) {
			t.Errorf("%s: %v", e, err)
		}
	}
}
