package outbound

import (
	"net/netip"
	"testing"
)

// blocks are those that the IANA's registries set apart (special-purpose
// addresses of RFC 6890 and what came after it, multicast, and what was given
// up), and what forbids them to Public and to Operator; empty: nothing does.
var blocks = []struct{ prefix, public, operator string }{
	{"0.0.0.0/8", "this network", "this network"},
	{"10.0.0.0/8", "private", ""},
	{"100.64.0.0/10", "shared by a carrier", ""},
	{"127.0.0.0/8", "loopback", ""},
	{"169.254.0.0/16", "link-local", "link-local"},
	{"172.16.0.0/12", "private", ""},
	{"192.0.0.0/24", "protocol assignments", ""},
	{"192.0.2.0/24", "documentation", ""},
	{"192.31.196.0/24", "AS112", ""},
	{"192.52.193.0/24", "multicast relays", ""},
	{"192.88.99.0/24", "6to4 relays", ""},
	{"192.168.0.0/16", "private", ""},
	{"192.175.48.0/24", "AS112", ""},
	{"198.18.0.0/15", "benchmarking", ""},
	{"198.51.100.0/24", "documentation", ""},
	{"203.0.113.0/24", "documentation", ""},
	{"224.0.0.0/4", "multicast", "multicast"},
	{"240.0.0.0/4", "reserved", "reserved"},
	{"255.255.255.255/32", "reserved", "reserved"},

	{"::/128", "unspecified", "unspecified"},
	{"::1/128", "loopback", ""},
	{"::2/127", "IPv4-compatible", "IPv4-compatible"}, // ::/96 without the two above
	{"::1.0.0.0/104", "IPv4-compatible", "IPv4-compatible"},
	{"::ffff:0:0/96", "IPv4-mapped", "IPv4-mapped"},
	{"::ffff:0:0:0/96", "IPv4-translated", "IPv4-translated"},
	{"64:ff9b::/104", "NAT64, this network", "NAT64, this network"},
	{"64:ff9b::10.0.0.0/104", "NAT64, private", ""},
	{"64:ff9b::127.0.0.0/104", "NAT64, loopback", ""},
	{"64:ff9b::169.254.0.0/112", "NAT64, link-local", "NAT64, link-local"},
	{"64:ff9b::8.0.0.0/104", "", ""},
	{"64:ff9b:1::/48", "local NAT64", "local NAT64"},
	{"100::/64", "reserved", ""},       // discard
	{"100:0:0:1::/64", "reserved", ""}, // dummy
	{"2001::/32", "Teredo", "Teredo"},
	{"2001:1::/32", "protocol assignments", ""},
	{"2001:2::/48", "protocol assignments", ""}, // benchmarking
	{"2001:3::/32", "protocol assignments", ""}, // multicast relays
	{"2001:4:112::/48", "protocol assignments", ""},
	{"2001:10::/28", "protocol assignments", ""},  // ORCHID
	{"2001:20::/28", "protocol assignments", ""},  // ORCHIDv2
	{"2001:30::/28", "protocol assignments", ""},  // drones
	{"2001:100::/24", "protocol assignments", ""}, // to the end of 2001::/23
	{"2001:db8::/32", "documentation", ""},
	{"2002::/16", "6to4", "6to4"},
	{"2620:4f:8000::/48", "AS112", ""},
	{"3fff::/20", "documentation", ""},
	{"5f00::/16", "reserved", ""}, // segment routing
	{"fc00::/7", "unique local", ""},
	{"fe80::/10", "link-local", "link-local"},
	{"fec0::/10", "site-local", ""},
	{"ff00::/8", "multicast", "multicast"},
}

// metadata lies in other blocks.
var metadata = []string{"100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254"}

// Each block is judged as the table says, from its first address to its last,
// and what lies beside it is not taken for a part of it.
func TestBlocksOfTheRegistries(t *testing.T) {
	apart := func(a netip.Addr) bool {
		for _, b := range blocks {
			if netip.MustParsePrefix(b.prefix).Contains(a) {
				return true
			}
		}
		return a.Is6() && !globalUnicast.Contains(a) || netip.MustParsePrefix("2001::/23").Contains(a)
	}
	for _, b := range blocks {
		prefix := netip.MustParsePrefix(b.prefix)
		if prefix != prefix.Masked() {
			t.Errorf("%s is %s", b.prefix, prefix.Masked())
		}
		first, end := prefix.Addr(), last(prefix)
		for _, a := range []netip.Addr{first, middle(prefix), end} {
			if got := forbidden(a, false); got != b.public {
				t.Errorf("%s of %s: the public policy says %q, want %q", a, b.prefix, got, b.public)
			}
			if got := forbidden(a, true); got != b.operator {
				t.Errorf("%s of %s: the operator's policy says %q, want %q", a, b.prefix, got, b.operator)
			}
		}
		for _, a := range []netip.Addr{first.Prev(), end.Next()} {
			if !a.IsValid() || apart(a) {
				continue
			}
			if got := forbidden(a, false); got != "" {
				t.Errorf("%s beside %s: %q", a, b.prefix, got)
			}
		}
	}
	for _, s := range metadata {
		for _, operator := range []bool{false, true} {
			if got := forbidden(netip.MustParseAddr(s), operator); got != "metadata" {
				t.Errorf("%s: %q, want metadata", s, got)
			}
		}
	}
}

// last returns the last address of a prefix.
func last(p netip.Prefix) netip.Addr { return within(p, 0xff, 0xff) }

// middle returns an address of a prefix that is neither the first nor the last,
// where there is one.
func middle(p netip.Prefix) netip.Addr { return within(p, 0x5a, 0xa5) }

// within returns a prefix's address with host bits of even and odd bytes.
func within(p netip.Prefix, even, odd byte) netip.Addr {
	b := p.Addr().AsSlice()
	for i := range b {
		fill := even
		if i%2 == 1 {
			fill = odd
		}
		b[i] |= fill & byte(0xff>>min(max(p.Bits()-8*i, 0), 8))
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}
