package chat

import (
	"strings"
	"testing"

	"campfire"
)

func TestNames(t *testing.T) {
	for in, ok := range map[string]bool{
		"Ada":                       true,
		"  Ada  ":                   true,
		strings.Repeat("🔥", 64):     true,
		strings.Repeat("🔥", 65):     false,
		"":                          false,
		" \t ":                      false,
		"\u200b":                    false,
		"\u3164":                    false,
		"Ada\x00":                   false,
		"A\nda":                     false,
		"\xff":                      false,
		"\u202eada":                 true, // shown isolated
		"<script>alert(1)</script>": true, // shown escaped
	} {
		var ck check
		ck.name("name", in, 64)
		if got := ck.err() == nil; got != ok {
			t.Errorf("name %q taken = %v, want %v (%v)", in, got, ok, ck.err())
		}
	}
}

func TestEmails(t *testing.T) {
	for in, ok := range map[string]bool{
		"ada@example.org": true, " ada@example.org ": true, "a@b": true, "ädä@exämple.org": true,
		"": false, "ada": false, "@example.org": false, "ada@": false, "a da@example.org": false,
		"ada@example.org\r\nBcc: x": false, strings.Repeat("a", 250) + "@b.c": true, strings.Repeat("a", 251) + "@b.c": false,
	} {
		var ck check
		ck.email("email", in)
		if got := ck.err() == nil; got != ok {
			t.Errorf("email %q taken = %v, want %v", in, got, ok)
		}
	}
}

func TestBodies(t *testing.T) {
	for in, ok := range map[string]bool{
		"x": true, strings.Repeat("x", 32<<10): true, strings.Repeat("x", 32<<10+1): false,
		"": false, " \n\t": false, "\u200b\u200d": false, "a\x00b": false, "\xc3\x28": false, "\u202e": false, "🔥": true,
	} {
		var ck check
		ck.body("body", in, 32<<10)
		if got := ck.err() == nil; got != ok {
			t.Errorf("body %.20q (%d bytes) taken = %v, want %v", in, len(in), got, ok)
		}
	}
	var ck check
	if got := ck.body("body", "a\r\nb\rc", 0); got != "a\nb\nc" {
		t.Errorf("line ends: %q", got)
	}
}

func TestAllBrokenRulesAreNamedAtOnce(t *testing.T) {
	var ck check
	ck.name("name", "", 64)
	ck.email("email", "nowhere")
	ck.password("password", "short", DefaultLimits())
	err, _ := ck.err().(*campfire.Error)
	if err == nil || err.Code != campfire.CodeInvalid || len(err.Fields) != 3 {
		t.Errorf("err = %+v, want three fields", err)
	}
}
