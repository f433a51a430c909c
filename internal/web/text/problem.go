package text

import (
	"fmt"
	"strings"
	"time"

	"campfire"
)

// Problem says in the catalogue's language why something was refused: the
// sentence of that error where the catalogue has it, else that of its kind
// ("js.problem." and the code, which the browser's code says of what it is told
// by code alone). Where a time to come back is known, it is said, too.
func (c *Catalogue) Problem(e *campfire.Error) string {
	said := c.sentence(e)
	if e.RetryAfter > 0 {
		said += " " + c.T("problem.again", "when", c.Ahead(e.RetryAfter))
	}
	return said
}

func (c *Catalogue) sentence(e *campfire.Error) string {
	kind := "js.problem." + string(e.Code)
	switch e.Code {
	case campfire.CodeRateLimited, campfire.CodeOverloaded:
		return c.T(kind)
	case campfire.CodeInvalid:
		if len(e.Fields) > 0 {
			if said := c.broken(e.Fields); said != "" {
				return said
			}
		}
	}
	form := e.Form
	if form == "" {
		form = e.Detail
	}
	if c == english {
		return e.Detail
	}
	if ours, ok := c.errors[form]; ok {
		return fmt.Sprintf(ours, e.Args...)
	}
	return c.T(kind)
}

// broken says what is wrong with fields; nothing where one of them has no name
// that people know it by.
func (c *Catalogue) broken(fields []campfire.FieldError) string {
	said := make([]string, len(fields))
	for i, f := range fields {
		label, ok := c.Texts["field."+f.Field]
		if !ok {
			return ""
		}
		said[i] = label + " " + c.Rule(f) + "."
	}
	return strings.Join(said, " ")
}

// Rule says which rule a field breaks: the rest of a sentence that begins with
// the field's name, as the page calls it.
func (c *Catalogue) Rule(f campfire.FieldError) string {
	if c == english {
		return f.Message
	}
	form := f.Form
	if form == "" {
		form = f.Message
	}
	if ours, ok := c.errors[form]; ok {
		return fmt.Sprintf(ours, f.Args...)
	}
	return c.T("problem.rule")
}

// Ahead says how long it is until something happens.
func (c *Catalogue) Ahead(d time.Duration) string {
	switch {
	case d < 90*time.Second:
		return c.N("ahead.seconds", max(1, int(d.Round(time.Second)/time.Second)))
	case d < 59*time.Minute+30*time.Second:
		return c.N("ahead.minutes", int(d.Round(time.Minute)/time.Minute))
	}
	return c.N("ahead.hours", int(d.Round(time.Hour)/time.Hour))
}
