package outbound

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

// addresses are judged by both policies: p for Public, o for Operator.
var addresses = []struct {
	addr string
	p, o bool
}{
	{"8.8.8.8", true, true},
	{"1.1.1.1", true, true},
	{"172.15.255.255", true, true},
	{"172.32.0.0", true, true},
	{"100.63.255.255", true, true},
	{"100.128.0.0", true, true},
	{"198.17.255.255", true, true},
	{"198.20.0.0", true, true},
	{"223.255.255.255", true, true},
	{"2606:4700:4700::1111", true, true},
	{"2a00:1450:4001:81b::200e", true, true},
	{"64:ff9b::808:808", true, true},

	{"10.0.0.0", false, true},
	{"10.255.255.255", false, true},
	{"100.64.0.0", false, true},
	{"100.127.255.255", false, true},
	{"127.0.0.1", false, true},
	{"127.255.255.255", false, true},
	{"172.16.0.1", false, true},
	{"172.31.255.255", false, true},
	{"192.0.0.1", false, true},
	{"192.0.2.1", false, true},
	{"192.88.99.1", false, true},
	{"192.168.0.1", false, true},
	{"192.168.255.255", false, true},
	{"198.18.0.1", false, true},
	{"198.19.255.255", false, true},
	{"198.51.100.1", false, true},
	{"203.0.113.255", false, true},
	{"::1", false, true},
	{"fc00::1", false, true},
	{"fdff:ffff::1", false, true},
	{"fec0::1", false, true},
	{"2001:db8::1", false, true},
	{"2001:2::1", false, true},
	{"2001:10::1", false, true},
	{"2001:20::1", false, true},
	{"3fff::1", false, true},
	{"100::1", false, true},
	{"4000::1", false, true},
	{"5f00::1", false, true},
	{"64:ff9b::7f00:1", false, true},
	{"64:ff9b::a00:1", false, true},
	{"64:ff9b::c0a8:101", false, true},

	{"0.0.0.0", false, false},
	{"0.1.2.3", false, false},
	{"169.254.0.1", false, false},
	{"169.254.169.254", false, false},
	{"100.100.100.200", false, false},
	{"168.63.129.16", false, false},
	{"192.0.0.192", false, false},
	{"224.0.0.1", false, false},
	{"239.255.255.255", false, false},
	{"240.0.0.1", false, false},
	{"255.255.255.255", false, false},
	{"::", false, false},
	{"fe80::1", false, false},
	{"febf::1", false, false},
	{"fe80::1%eth0", false, false},
	{"2606:4700::1%eth0", false, false},
	{"ff02::1", false, false},
	{"ff0e::1", false, false},
	{"fd00:ec2::254", false, false},
	{"fd20:ce::254", false, false},
	{"64:ff9b::a9fe:a9fe", false, false},
	{"64:ff9b::", false, false},
	{"64:ff9b::e000:1", false, false},

	// IPv4 written into IPv6 in any other way, whatever it embeds.
	{"::ffff:127.0.0.1", false, false},
	{"::ffff:169.254.169.254", false, false},
	{"::ffff:8.8.8.8", false, false},
	{"::127.0.0.1", false, false},
	{"::8.8.8.8", false, false},
	{"::ffff:0:127.0.0.1", false, false},
	{"::ffff:0:8.8.8.8", false, false},
	{"64:ff9b:1::7f00:1", false, false},
	{"64:ff9b:1:ffff::808:808", false, false},
	{"2002:7f00:1::", false, false},
	{"2002:a9fe:a9fe::1", false, false},
	{"2002:808:808::1", false, false},
	{"2001:0:4136:e378:8000:63bf:3fff:fdd2", false, false},
	{"2001::1", false, false},
	{"2606:4700::5efe:7f00:1", false, false},
	{"2606:4700::200:5efe:a00:1", false, false},
	{"fe80::5efe:a00:1", false, false},
}

func TestAddressesAreJudged(t *testing.T) {
	for _, c := range addresses {
		to := netip.AddrPortFrom(netip.MustParseAddr(c.addr), 443)
		for name, j := range map[string]struct {
			policy Policy
			want   bool
		}{"public": {Public(), c.p}, "operator": {Operator(), c.o}, "zero": {Policy{}, c.p}} {
			err := j.policy.Address(to)
			if (err == nil) != j.want {
				t.Errorf("%s: %s: %v, want allowed: %v", name, c.addr, err, j.want)
			}
			if err != nil && !errors.Is(err, ErrRefused) {
				t.Errorf("%s: %s: %v is no ErrRefused", name, c.addr, err)
			}
		}
	}
}

func TestURLsAreJudged(t *testing.T) {
	for _, c := range []struct {
		url  string
		p, o bool
	}{
		{"http://example.org", true, true},
		{"https://example.org/a?b#c", true, true},
		{"HTTPS://EXAMPLE.ORG/", true, true},
		{"http://example.org.:80/", true, true},
		{"https://example.org:443/", true, true},
		{"https://example.org:80/", true, true},
		{"https://xn--bcher-kva.example/", true, true},
		{"https://bücher.example/", true, true},
		{"https://8.8.8.8/", true, true},
		{"https://[2606:4700:4700::1111]/", true, true},
		{"https://3com.example/", true, true},
		{"https://a.0xyz/", true, true},

		{"http://example.org:8080/", false, true},
		{"http://example.org:22/", false, true},
		{"http://localhost:6379/", false, true},
		{"http://127.0.0.1/", false, true},
		{"http://127.0.0.1./", false, true},
		{"http://10.0.0.1:8080/", false, true},
		{"http://[::1]/", false, true},

		{"ftp://example.org/", false, false},
		{"file:///etc/passwd", false, false},
		{"gopher://127.0.0.1:6379/_INFO", false, false},
		{"javascript:alert(1)", false, false},
		{"data:text/html,x", false, false},
		{"unix:///run/docker.sock", false, false},
		{"http:example.org", false, false},
		{"//example.org/", false, false},
		{"/path", false, false},
		{"", false, false},
		{"http://", false, false},
		{"http:///path", false, false},
		{"http://:80/", false, false},
		{"http://example.org:/", false, false},
		{"http://example.org:0/", false, false},
		{"http://example.org:65536/", false, false},
		{"http://example.org:99999999999/", false, false},
		{"http://user@example.org/", false, false},
		{"http://user:secret@example.org/", false, false},
		{"http://@example.org/", false, false},
		{"http://example.org@127.0.0.1/", false, false},
		{"http://127.0.0.1:80@example.org/", false, false},
		{"http://2130706433/", false, false},
		{"http://017700000001/", false, false},
		{"http://0x7f000001/", false, false},
		{"http://0x7f.0.0.1/", false, false},
		{"http://0x7f.1/", false, false},
		{"http://0177.0.0.1/", false, false},
		{"http://127.1/", false, false},
		{"http://127.0.1/", false, false},
		{"http://0/", false, false},
		{"http://0x/", false, false},
		{"http://127.0.0.01/", false, false},
		{"http://127.0.0.1.1/", false, false},
		{"http://256.256.256.256/", false, false},
		{"http://2130706433./", false, false},
		{"http://0.0.0.0/", false, false},
		{"http://169.254.169.254/latest/meta-data/", false, false},
		{"http://169.254.169.254./", false, false},
		{"http://[::ffff:127.0.0.1]/", false, false},
		{"http://[::ffff:7f00:1]/", false, false},
		{"http://[0:0:0:0:0:ffff:169.254.169.254]/", false, false},
		{"http://[::]/", false, false},
		{"http://[fe80::1%25eth0]/", false, false},
		{"http://[64:ff9b::169.254.169.254]/", false, false},
		{"https://example.org/" + strings.Repeat("a", maxURL), false, false},
		{"https://" + strings.Repeat("a.", 200) + "example/", false, false},
	} {
		u, err := url.Parse(c.url)
		if err != nil {
			if c.p || c.o {
				t.Errorf("%s: %v", c.url, err)
			}
			continue
		}
		for name, j := range map[string]struct {
			policy Policy
			want   bool
		}{"public": {Public(), c.p}, "operator": {Operator(), c.o}} {
			if err := j.policy.URL(u); (err == nil) != j.want || err != nil && !errors.Is(err, ErrRefused) {
				t.Errorf("%s: %.100s: %v, want allowed: %v", name, c.url, err, j.want)
			}
		}
	}
}

func TestNetworksThatAreAllowed(t *testing.T) {
	for _, c := range []struct{ network, yes, no string }{
		{"10.1.2.3", "10.1.2.3:80 10.1.2.3:443 [::ffff:10.1.2.3]:80", "10.1.2.4:80 10.1.2.3:8080"},
		{"10.0.0.0/8", "10.1.2.3:443", "10.1.2.3:22 11.0.0.1:22"},
		{"10.99.0.1/8", "10.1.2.3:443", "10.1.2.3:22"},
		{"10.1.2.3:8080", "10.1.2.3:8080", "10.1.2.3:80 10.1.2.3:8081"},
		{"10.0.0.0/8:8080", "10.9.9.9:8080", "10.9.9.9:80"},
		{"127.0.0.0/8:*", "127.0.0.1:1 127.0.0.1:65535", "127.0.0.1:0 128.0.0.1:1"},
		{"fd00::1", "[fd00::1]:80", "[fd00::1]:8080 [fd00::2]:80"},
		{"fd00::1:8080", "[fd00::1:8080]:80", "[fd00::1]:8080"},
		{"[fd00::1]", "[fd00::1]:443", "[fd00::1]:8080"},
		{"[fd00::1]:8080", "[fd00::1]:8080", "[fd00::1]:80"},
		{"fd00::/8", "[fd01::1]:443", "[fe80::1]:443"},
		{"fd00::/8:8080", "[fd01::1]:8080", "[fd01::1]:443"},
		{"169.254.169.254", "169.254.169.254:80", "169.254.169.253:80"},
	} {
		n, err := ParseNetwork(c.network)
		if err != nil {
			t.Errorf("%s: %v", c.network, err)
			continue
		}
		p := Public(n)
		for _, a := range strings.Fields(c.yes) {
			if err := p.Address(netip.MustParseAddrPort(a)); err != nil {
				t.Errorf("%s allowed: %v", c.network, err)
			}
		}
		for _, a := range strings.Fields(c.no) {
			if err := p.Address(netip.MustParseAddrPort(a)); err == nil {
				t.Errorf("%s allows %s", c.network, a)
			}
		}
	}
	for _, s := range []string{"", "10", "10.0.0.0/33", "10.0.0.0/8:", "10.0.0.0/8:0", "10.0.0.0/8:x", "10.0.0.0/8:65536", "example.org", "fe80::1%eth0", "*", ":*", "[fd00::1", "10.0.0.1:"} {
		if n, err := ParseNetwork(s); err == nil {
			t.Errorf("%q is read as %v", s, n)
		}
	}
}

// FuzzPolicy holds the policy against the standard library's own idea of what
// is internal: whatever URL passes, an address in it is a public one.
func FuzzPolicy(f *testing.F) {
	for _, a := range addresses {
		f.Add("http://" + a.addr + "/")
		f.Add("http://[" + a.addr + "]:443/")
	}
	f.Add("http://0x7f.1:80/a")
	f.Add("https://example.org@[::1]/")
	f.Fuzz(func(t *testing.T, s string) {
		u, err := url.Parse(s)
		if err != nil || Public().URL(u) != nil {
			return
		}
		if u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
			t.Fatalf("%q passes", s)
		}
		ip := net.ParseIP(strings.TrimSuffix(u.Hostname(), "."))
		if ip != nil && (ip.IsLoopback() || ip.IsPrivate() || ip.IsUnspecified() || ip.IsMulticast() || ip.IsLinkLocalUnicast() || !ip.IsGlobalUnicast()) {
			t.Fatalf("%q passes, which is %v", s, ip)
		}
		if err := Operator().URL(u); err != nil {
			t.Fatalf("%q passes for the public, and not for the operator: %v", s, err)
		}
	})
}

// FuzzAddress does the same for every address, from its bytes.
func FuzzAddress(f *testing.F) {
	for _, a := range addresses {
		b := netip.MustParseAddr(a.addr).As16()
		f.Add(b[:])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, ok := netip.AddrFromSlice(b)
		if !ok || Public().Address(netip.AddrPortFrom(a, 80)) != nil {
			return
		}
		ip := net.IP(a.AsSlice())
		if v4 := ip.To4(); a.Is6() && v4 != nil {
			t.Fatalf("%v passes, which is %v", a, v4)
		}
		if ip.IsLoopback() || ip.IsPrivate() || !ip.IsGlobalUnicast() {
			t.Fatalf("%v passes", a)
		}
		if err := Operator().Address(netip.AddrPortFrom(a, 80)); err != nil {
			t.Fatalf("%v passes for the public, and not for the operator: %v", a, err)
		}
	})
}

// FuzzParseNetwork holds that what is read says what it is: written down, it is
// the same again.
func FuzzParseNetwork(f *testing.F) {
	for _, s := range []string{"10.1.2.3", "10.0.0.0/8:8080", "127.0.0.0/8:*", "[fd00::1]:8080", "fd00::/8:443", "::ffff:10.0.0.0/104", "::ffff:10.0.0.1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseNetwork(s)
		if err != nil {
			return
		}
		again, err := ParseNetwork(n.String())
		if err != nil || again != n {
			t.Fatalf("%q is %s, that %s, %v", s, n, again, err)
		}
	})
}
