package text

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"campfire"
)

// programs are the rules and sentences that only programs break and read: no
// page and none of its forms brings them. A page says their kind.
var programs = []string{
	"can be one of before, after and around", "can't come with seq", "has the wrong type: %s", "is not known here", "may hold read, write and admin",
	"must be 1 to %d bytes of printable text", "must be 1 to 64 bytes", "must be a number", "must be a number of bytes that a file can have",
	"must be a time such as 2026-01-02T03:04:05Z, or null", "must be at least 1", "must be from 1 to %d", "must be invisible, nothing, mentions or everything",
	"must be light, dark or empty", "must be member or administrator", "must be newest or relevance", "must be on days such as monday", "must be open or all",
	"must be open, closed or direct", "must be the id of a message of this room", "must be true or false", "must hold 1 to %d", "must not be negative",
	"must say at which byte of the file the body begins", "or unread_from is needed", "%v",
	"A field of the form is too long.", "A token can't make a link that may do more than itself.", "A token can't make one that may do more than itself.",
	"Another request works on this upload; ask where it stands and go on from there.", "That is more than is left of the file, or than may come at once.",
	"That is no bot's key.", "The body is not valid UTF-8.", "The connection comes from another site.", "The form has too many parts.",
	"The upload stands at another place; ask where and go on from there.", "Something went wrong here.",
	"The body may hold ", " bytes at most.", "The token is not for this: it lacks the scope ", ".",
}

// byKind are the kinds that are said by their code alone.
var byKind = []string{"CodeMalformed", "CodeUnsupportedMedia", "CodeMethodNotAllowed", "CodeResync", "CodeOverloaded", "CodeRateLimited"}

// told returns what the server's code says of errors to people: the texts
// that errors are made of, each with where it stands.
func told(t *testing.T) map[string]string {
	said := make(map[string]string)
	for _, dir := range []string{"app", "auth", "blob", "chat", "server", "store"} {
		files, err := filepath.Glob("../../" + dir + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatal(dir, err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			add := func(at ast.Expr, form func(string) string) {
				ast.Inspect(at, func(n ast.Node) bool {
					if _, call := n.(*ast.CallExpr); call {
						return false
					}
					if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
						s, _ := strconv.Unquote(l.Value)
						said[form(s)] = set.Position(l.Pos()).String()
					}
					return true
				})
			}
			same := func(s string) string { return s }
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.CompositeLit:
					if !named(n.Type, "Error") {
						break
					}
					var detail ast.Expr
					for _, e := range n.Elts {
						kv := e.(*ast.KeyValueExpr)
						if k := kv.Key.(*ast.Ident).Name; k == "Detail" {
							detail = kv.Value
						} else if k == "Code" && slices.ContainsFunc(byKind, func(kind string) bool { return named(kv.Value, kind) }) {
							return true
						}
					}
					if detail != nil {
						add(detail, same)
					}
				case *ast.CallExpr:
					switch {
					case (named(n.Fun, "Invalid") || named(n.Fun, "fail") || named(n.Fun, "Broken") || named(n.Fun, "Errorf")) && len(n.Args) > 1 && !strings.Contains(fmt.Sprint(n.Fun), "fmt"):
						add(n.Args[1], same)
					case named(n.Fun, "Forbidden"), named(n.Fun, "Conflict"):
						add(n.Args[0], same)
					}
				}
				return true
			})
		}
	}
	return said
}

// named reports whether an expression is a name, or ends with it.
func named(e ast.Expr, name string) bool {
	switch e := e.(type) {
	case *ast.SelectorExpr:
		return e.Sel.Name == name
	case *ast.Ident:
		return e.Name == name
	}
	return false
}

// What errors say to people, every catalogue says; and nothing that no error
// says any more.
func TestErrorsAreSaidInEveryLanguage(t *testing.T) {
	said := told(t)
	if len(said) < 100 {
		t.Fatalf("only %d texts of errors were found", len(said))
	}
	verbs := regexp.MustCompile(`%[.\d]*[a-z]`)
	for _, c := range all[1:] {
		for form, where := range said {
			_, ok := c.errors[form]
			if !ok && !slices.Contains(programs, form) {
				t.Errorf("%s does not say %q (%s)", c.Tag, form, where)
			}
		}
		for form, ours := range c.errors {
			if _, ok := said[form]; !ok && !strings.HasPrefix(form, "There is no such ") && form != "Sign in first." {
				t.Errorf("%s says %q, which no error does", c.Tag, form)
			}
			if want, got := len(verbs.FindAllString(form, -1)), len(verbs.FindAllString(ours, -1)); got != want {
				t.Errorf("%s: %q has %d verbs, want %d", c.Tag, ours, got, want)
			}
		}
	}
	for _, form := range programs {
		if _, ok := said[form]; !ok {
			t.Errorf("no error says %q", form)
		}
	}
}

// Every kind of error has words, whatever its sentence is.
func TestEveryKindOfErrorIsSaid(t *testing.T) {
	source, err := os.ReadFile("../../../errors.go")
	if err != nil {
		t.Fatal(err)
	}
	kinds := regexp.MustCompile(`Code = "([a-z_]+)"`).FindAllStringSubmatch(string(source), -1)
	if len(kinds) < 15 {
		t.Fatalf("only %d kinds were found", len(kinds))
	}
	for _, c := range all[1:] {
		for _, kind := range kinds {
			said := c.Problem(&campfire.Error{Code: campfire.Code(kind[1]), Detail: "Nobody has put this into another language."})
			if said == "" || strings.Contains(said, kind[1]) || strings.Contains(said, "Nobody") {
				t.Errorf("%s says %q of %s", c.Tag, said, kind[1])
			}
		}
	}
}

func TestErrorsAreSaid(t *testing.T) {
	full := campfire.Errorf(campfire.CodeStorageFull, "This Campfire stores as much as it may (%s).", "5 GB")
	short := campfire.Invalid("password", "must have at least %d characters", 10).(*campfire.Error)
	tampered := campfire.Invalid("limit", "must be from 1 to %d", 100).(*campfire.Error)
	for _, c := range []struct{ got, want string }{
		{english.Problem(full), "This Campfire stores as much as it may (5 GB)."},
		{german.Problem(full), "Dieses Campfire speichert so viel, wie es darf (5 GB)."},
		{german.Problem(short), "Passwort muss mindestens 10 Zeichen haben."},
		{german.Problem(tampered), "Das lässt sich so nicht annehmen."},
		{english.Rule(short.Fields[0]), "must have at least 10 characters"},
		{spanish.Rule(short.Fields[0]), "debe tener al menos 10 caracteres"},
		{spanish.Rule(tampered.Fields[0]), "no se puede aceptar tal como está"},
		{english.Problem(campfire.RateLimited(5 * time.Second).(*campfire.Error)), "That was too much at once. Try again in 5 seconds."},
		{german.Problem(campfire.RateLimited(2 * time.Minute).(*campfire.Error)), "Das war zu viel auf einmal. Versuch es in 2 Minuten noch mal."},
		{german.Problem(campfire.Errorf(campfire.CodeTooLarge, "The picture is larger than pictures may be here: %s.", "9 × 9")), "Das Bild ist größer, als Bilder hier sein dürfen."},
		{german.Problem(campfire.NotFound("teapot").(*campfire.Error)), "Das gibt es hier nicht, oder nicht mehr."},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}
