package outbound

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Policy says where requests may go. It is a value: a [Client] has one for
// good, and connections are never shared between clients. The zero Policy is
// [Public] without exceptions.
type Policy struct {
	internal bool
	allow    []Network
}

// Public is the policy for addresses that people or strangers chose: public
// addresses alone, by http on port 80 or https on 443 (or either on either),
// and what allow adds.
func Public(allow ...Network) Policy { return Policy{allow: allow} }

// Operator is the policy for addresses that an administrator chose, such as
// receivers of webhooks: also internal ones, on any port. It still refuses
// link-local addresses and those where clouds tell a machine its secrets,
// unless allow names them.
func Operator(allow ...Network) Policy { return Policy{internal: true, allow: allow} }

// maxURL is the most bytes of a URL.
const maxURL = 4096

// URL judges what can be judged without resolving a name: the scheme, the
// port, the absence of a user's name and password, a host that is an address.
// Its error is an [ErrRefused].
func (p Policy) URL(u *url.URL) error {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return refused("the scheme %.20q", u.Scheme)
	case u.User != nil:
		return refused("a user's name in the URL")
	case u.Opaque != "" || u.Hostname() == "":
		return refused("a URL without a host")
	case len(u.Host) > 255+len(":65535") || len(u.String()) > maxURL:
		return refused("a URL of more than %d bytes", maxURL)
	}
	port, err := portOf(u)
	if err != nil {
		return err
	}
	host := strings.TrimSuffix(u.Hostname(), ".")
	if a, err := netip.ParseAddr(host); err == nil {
		return p.Address(netip.AddrPortFrom(a, port))
	}
	if endsInNumber(host) {
		// 2130706433, 0x7f.1 and 0177.0.0.1 are addresses to some resolvers.
		return refused("the host %.40q, which is neither a name nor an address", host)
	}
	if !p.internal && port != 80 && port != 443 && !p.allowsPort(port) {
		return refused("port %d", port)
	}
	return nil
}

// Address judges an address that is about to be dialled. Its error is an
// [ErrRefused].
func (p Policy) Address(to netip.AddrPort) error {
	addr, port := to.Addr(), to.Port()
	if addr.Zone() != "" {
		return refused("the address %s, which has a zone", addr)
	}
	for _, n := range p.allow {
		if n.contains(addr.Unmap(), port) {
			return nil
		}
	}
	why := forbidden(addr, p.internal)
	switch {
	case why != "":
		return refused("the address %s (%s)", addr, why)
	case port == 0 || !p.internal && port != 80 && port != 443:
		return refused("port %d", port)
	}
	return nil
}

func (p Policy) allowsPort(port uint16) bool {
	return slices.ContainsFunc(p.allow, func(n Network) bool { return n.anyPort || n.port == port })
}

func portOf(u *url.URL) (uint16, error) {
	s := u.Port()
	switch {
	case s != "":
	case strings.HasSuffix(u.Host, ":"):
		return 0, refused("a URL with an empty port")
	case u.Scheme == "https":
		return 443, nil
	default:
		return 80, nil
	}
	port, err := strconv.ParseUint(s, 10, 16)
	if err != nil || port == 0 {
		return 0, refused("port %.10q", s)
	}
	return uint16(port), nil
}

// endsInNumber reports whether URLs take the host for an IPv4 address (WHATWG
// URL, "ends in a number"): its last part is all digits, or 0x and hex digits.
func endsInNumber(host string) bool {
	last := strings.ToLower(host[strings.LastIndexByte(host, '.')+1:])
	if hex, ok := strings.CutPrefix(last, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return last != "" && strings.Trim(last, "0123456789") == ""
}

// Network is an exception from a policy: addresses that may be reached
// although the policy forbids them.
type Network struct {
	prefix  netip.Prefix
	port    uint16 // zero: 80 and 443
	anyPort bool
}

func (n Network) contains(addr netip.Addr, port uint16) bool {
	if !n.prefix.Contains(addr) {
		return false
	}
	switch {
	case n.anyPort:
		return port != 0
	case n.port != 0:
		return port == n.port
	default:
		return port == 80 || port == 443
	}
}

func (n Network) String() string {
	switch {
	case n.anyPort:
		return n.prefix.String() + ":*"
	case n.port != 0:
		return n.prefix.String() + ":" + strconv.Itoa(int(n.port))
	default:
		return n.prefix.String()
	}
}

// ParseNetwork reads an address or a network, by itself for the ports 80 and
// 443, with a port for that one, with an asterisk for all: 10.1.2.3,
// 10.0.0.0/8, 10.1.2.3:8080, [fd00::1]:8080, fd00::/8:8080, 127.0.0.0/8:*.
func ParseNetwork(s string) (Network, error) {
	var n Network
	host := s
	if i := strings.LastIndexByte(s, ':'); i >= 0 && (strings.ContainsRune(s[:i], '/') || strings.HasSuffix(s[:i], "]") || strings.Count(s, ":") == 1) {
		host = s[:i]
		if port := s[i+1:]; port == "*" {
			n.anyPort = true
		} else if p, err := strconv.ParseUint(port, 10, 16); err == nil && p != 0 {
			n.port = uint16(p)
		} else {
			return Network{}, fmt.Errorf("%q is no port", port)
		}
	}
	if inner, ok := strings.CutPrefix(host, "["); ok && strings.HasSuffix(inner, "]") {
		host = strings.TrimSuffix(inner, "]")
	}
	if a, err := netip.ParseAddr(host); err == nil && a.Zone() == "" {
		a = a.Unmap()
		n.prefix = netip.PrefixFrom(a, a.BitLen())
		return n, nil
	}
	prefix, err := netip.ParsePrefix(host)
	if err != nil {
		return Network{}, fmt.Errorf("%q is neither an address nor a network", host)
	}
	n.prefix = prefix.Masked()
	return n, nil
}

// region is a network that has a name.
type region struct {
	prefix netip.Prefix
	name   string
}

func in(prefix, name string) region { return region{netip.MustParsePrefix(prefix), name} }

// never are addresses that no policy reaches unless they are allowed by name:
// nothing answers there, or what answers trusts whoever asks.
var never = []region{
	in("0.0.0.0/8", "this network"),
	in("169.254.0.0/16", "link-local"),
	in("224.0.0.0/4", "multicast"),
	in("240.0.0.0/4", "reserved"), // broadcast with it
	// Where clouds tell a machine its secrets, outside of link-local.
	in("100.100.100.200/32", "metadata"),
	in("168.63.129.16/32", "metadata"),
	in("192.0.0.192/32", "metadata"),
	in("fd00:ec2::254/128", "metadata"),
	in("fd20:ce::254/128", "metadata"),

	in("::/128", "unspecified"),
	in("fe80::/10", "link-local"),
	in("ff00::/8", "multicast"),
}

// internal are addresses that Operator reaches and Public does not: all that the
// IANA's registries set apart, also where they call it reachable, since no page
// lives there.
var internal = []region{
	in("10.0.0.0/8", "private"),
	in("100.64.0.0/10", "shared by a carrier"),
	in("127.0.0.0/8", "loopback"),
	in("172.16.0.0/12", "private"),
	in("192.0.0.0/24", "protocol assignments"),
	in("192.0.2.0/24", "documentation"),
	in("192.31.196.0/24", "AS112"),
	in("192.52.193.0/24", "multicast relays"),
	in("192.88.99.0/24", "6to4 relays"),
	in("192.168.0.0/16", "private"),
	in("192.175.48.0/24", "AS112"),
	in("198.18.0.0/15", "benchmarking"),
	in("198.51.100.0/24", "documentation"),
	in("203.0.113.0/24", "documentation"),

	in("::1/128", "loopback"),
	in("fc00::/7", "unique local"),
	in("fec0::/10", "site-local"),
	in("2001::/23", "protocol assignments"), // Teredo, benchmarking, ORCHID
	in("2001:db8::/32", "documentation"),
	in("2620:4f:8000::/48", "AS112"),
	in("3fff::/20", "documentation"),
}

var (
	globalUnicast = netip.MustParsePrefix("2000::/3")
	mapped        = netip.MustParsePrefix("::ffff:0:0/96")
	compatible    = netip.MustParsePrefix("::/96")
	translated    = netip.MustParsePrefix("::ffff:0:0:0/96")
	nat64         = netip.MustParsePrefix("64:ff9b::/96")
	localNAT64    = netip.MustParsePrefix("64:ff9b:1::/48")
	sixToFour     = netip.MustParsePrefix("2002::/16")
	teredo        = netip.MustParsePrefix("2001::/32")
)

// forbidden says what forbids an address, or nothing.
func forbidden(a netip.Addr, operator bool) string {
	for _, r := range never {
		if r.prefix.Contains(a) {
			return r.name
		}
	}
	if name := embedding(a); name != "" {
		return name
	}
	if nat64.Contains(a) {
		if why := forbidden(last4(a), operator); why != "" {
			return "NAT64, " + why
		}
		return ""
	}
	if operator {
		return ""
	}
	for _, r := range internal {
		if r.prefix.Contains(a) {
			return r.name
		}
	}
	if a.Is6() && !globalUnicast.Contains(a) {
		return "reserved"
	}
	return ""
}

// embedding names the ways to write an IPv4 address into an IPv6 one that no
// policy follows: where such an address leads is decided by a machine on the
// way. The well-known NAT64 is judged by what it embeds.
func embedding(a netip.Addr) string {
	if !a.Is6() {
		return ""
	}
	switch {
	case mapped.Contains(a) || a.Is4In6():
		return "IPv4-mapped"
	case compatible.Contains(a) && a != netip.IPv6Loopback():
		return "IPv4-compatible"
	case translated.Contains(a):
		return "IPv4-translated"
	case localNAT64.Contains(a):
		return "local NAT64"
	case sixToFour.Contains(a):
		return "6to4"
	case teredo.Contains(a):
		return "Teredo"
	case isatap(a):
		return "ISATAP"
	}
	return ""
}

// isatap reports an interface identifier of RFC 5214, under any prefix.
func isatap(a netip.Addr) bool {
	b := a.As16()
	id := binary.BigEndian.Uint32(b[8:12])
	return id == 0x00005efe || id == 0x02005efe
}

func last4(a netip.Addr) netip.Addr {
	b := a.As16()
	return netip.AddrFrom4([4]byte(b[12:]))
}
