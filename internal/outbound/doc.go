// Package outbound makes requests to strangers: pages of previews, push
// services, receivers of webhooks.
//
// It owns where such requests may go and what they may cost. A [Policy] judges
// a URL before anything is done for it, and every address at the moment it is
// dialled, after the name was resolved: on each hop, each retry, each address
// of a name. So neither a redirect nor a name that changes its answer leads
// where the policy forbids (docs/decisions/0014). A [Client] bounds the time,
// the bytes of the header and of the body after it was decompressed, the
// redirects and the kinds of content. The environment's proxies are ignored:
// behind one the address that is reached would be unknown.
//
// It refuses to know what is asked and why, and who is told of a failure: the
// texts of its errors are for the log, they name addresses.
//
// All of it may be called concurrently.
package outbound
