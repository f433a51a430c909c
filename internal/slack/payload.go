package slack

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"strings"
	"unicode/utf8"
)

// What makes a payload unfit. Their texts are those that Slack answers with.
var (
	ErrPayload = errors.New("invalid_payload")
	ErrNoText  = errors.New("no_text")
)

// Message is what a payload says.
type Message struct {
	// Text is Markdown; never empty.
	Text string
	// Username is the name that the sender gives itself, and Icon an emoji's
	// shortcode with its colons; both may be empty.
	Username, Icon string
}

// Parse reads a request's body: JSON, whatever its content type says, or a
// form, plain or multipart, with JSON in the field "payload". Its errors are
// ErrPayload and ErrNoText.
func Parse(contentType string, body []byte) (*Message, error) {
	raw, err := payload(contentType, body)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(strings.NewReader(strings.ToValidUTF8(string(raw), string(utf8.RuneError))))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return nil, ErrPayload
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, ErrPayload
	}
	p, ok := v.(map[string]any)
	if !ok {
		return nil, ErrPayload
	}
	c := &converter{linkNames: truth(p["link_names"]) || text(p["parse"]) == "full"}
	m := &Message{Text: c.message(p), Username: line(text(p["username"])), Icon: shortcode(text(p["icon_emoji"]))}
	if m.Text == "" {
		return nil, ErrNoText
	}
	return m, nil
}

// payload finds the JSON in a body. Many senders, and curl's -d, announce a
// form and send JSON.
func payload(contentType string, body []byte) ([]byte, error) {
	if b := bytes.TrimSpace(body); len(b) > 0 && b[0] == '{' {
		return b, nil
	}
	kind, params, _ := mime.ParseMediaType(contentType)
	if kind == "multipart/form-data" {
		r := multipart.NewReader(bytes.NewReader(body), params["boundary"])
		for {
			part, err := r.NextPart()
			if err != nil {
				return nil, ErrPayload
			}
			if part.FormName() == "payload" {
				b, err := io.ReadAll(part)
				if err != nil {
					return nil, ErrPayload
				}
				return b, nil
			}
		}
	}
	form, err := url.ParseQuery(string(bytes.TrimSpace(body)))
	if err != nil || !form.Has("payload") {
		return nil, ErrPayload
	}
	return []byte(form.Get("payload")), nil
}

// — Values of any type —

// text is what a value reads as: a text, a number, the text of an object that
// stands where a text should, or the texts of a list.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		if v {
			return "true"
		}
		return "false"
	case map[string]any:
		if s, ok := v["text"].(string); ok {
			return s
		}
	case []any:
		var parts []string
		for _, e := range v[:min(len(v), maxItems)] {
			if s, ok := e.(string); ok {
				parts = append(parts, s)
			}
		}
		return strings.Join(parts, ", ")
	}
	return ""
}

func truth(v any) bool {
	switch text(v) {
	case "", "false", "0":
		return false
	}
	return true
}

// objects are those of a list, at most most of them; an object alone is a
// list of one.
func objects(v any, most int) (list []map[string]any) {
	switch v := v.(type) {
	case map[string]any:
		return []map[string]any{v}
	case []any:
		for _, e := range v {
			if o, ok := e.(map[string]any); ok && len(list) < most {
				list = append(list, o)
			}
		}
	}
	return list
}

func object(v any) map[string]any {
	o, _ := v.(map[string]any)
	return o
}

// line is a text on one line.
func line(s string) string { return strings.Join(strings.Fields(clean(s)), " ") }

// clean drops what no text should hold, and bounds it.
func clean(s string) string {
	s = cut(s, maxText)
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ReplaceAll(s, "\r\n", "\n"))
}

// cut shortens a text to at most n bytes, the mark of it included.
func cut(s string, n int) string {
	const mark = "…"
	if len(s) <= n {
		return s
	}
	if n < len(mark) {
		return ""
	}
	s = strings.ToValidUTF8(s[:n-len(mark)], "") // a character may have been cut in two
	return strings.TrimRight(s, " \n") + mark
}

// shortcode is an emoji's, when a text is nothing else.
func shortcode(s string) string {
	s = strings.TrimSpace(s)
	if n := shortcodeAt(s); n > 0 && n == len(s) {
		return emoji(s)
	}
	return ""
}

// Markdown is the message as a room shows it: under the sender's own name
// where that is not the hook's, and cut to limit bytes; zero sets no limit.
func (m *Message) Markdown(hook string, limit int) string {
	s := m.Text
	if m.Username != "" && !strings.EqualFold(m.Username, hook) {
		head := "**" + escape(cut(m.Username, maxName)) + "**"
		if m.Icon != "" {
			head = m.Icon + " " + head
		}
		s = head + "\n" + blankBefore(s) + s
	}
	if limit > 0 {
		s = cut(s, limit)
	}
	return s
}

// blankBefore is the empty line that keeps a block from being taken for a
// part of the paragraph above it.
func blankBefore(s string) string {
	if strings.HasPrefix(s, ">") || strings.HasPrefix(s, "```") || strings.HasPrefix(s, "---") || listItem(s) {
		return "\n"
	}
	return ""
}
