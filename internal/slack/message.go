package slack

import (
	"strconv"
	"strings"
	"time"
)

// How much of a payload is read.
const (
	maxItems       = 100 // of one list
	maxAttachments = 20
	maxBlocks      = 50
	maxDepth       = 5
	maxName        = 80 // bytes of a sender's name
)

// message converts a whole payload. Where there are blocks, the text stands
// in for them elsewhere; here it is what is left when they say nothing.
func (c *converter) message(p map[string]any) string {
	var parts []string
	said := c.blocks(p["blocks"])
	if said == "" {
		said = c.written(p["text"], truthOr(p["mrkdwn"], true))
	}
	parts = add(parts, said)
	for _, a := range objects(p["attachments"], maxAttachments) {
		parts = add(parts, c.attachment(a))
	}
	return strings.Join(parts, "\n\n")
}

func truthOr(v any, otherwise bool) bool {
	if v == nil {
		return otherwise
	}
	return truth(v)
}

// written is a text, with marks or as it stands.
func (c *converter) written(v any, marks bool) string {
	if marks {
		return strings.TrimSpace(c.mrkdwn(text(v)))
	}
	var out []string
	for _, l := range strings.Split(strings.TrimSpace(clean(text(v))), "\n") {
		out = append(out, escape(unescape(l)))
	}
	return strings.Join(out, "\n")
}

func add(parts []string, s string) []string {
	if s == "" {
		return parts
	}
	return append(parts, s)
}

// bold is a heading's text; one with marks of its own keeps them.
func bold(s string) string {
	if s == "" || strings.ContainsAny(s, "\n") {
		return s
	}
	return "**" + s + "**"
}

// linked is a label that leads somewhere, if the address is one.
func linked(label, to string) string {
	label = line(label)
	link, ok := address(to)
	switch {
	case !ok:
		return escape(label)
	case label == "":
		return "<" + link + ">"
	}
	return "[" + escape(label) + "](" + link + ")"
}

// attachment is a quote: what it says is somebody else's.
func (c *converter) attachment(a map[string]any) string {
	var parts []string
	head := strings.Join(add(add(nil, sign(text(a["color"]))),
		bold(linked(unescape(text(a["title"])), text(a["title_link"])))), " ")
	if text(a["title"]) == "" {
		head = ""
	}
	author := linked(unescape(text(a["author_name"])), text(a["author_link"]))
	top := strings.Join(add(add(nil, author), head), "\n")
	body := c.blocks(a["blocks"])
	if body == "" {
		body = c.written(a["text"], true)
	}
	if head == "" && body != "" {
		if s := sign(text(a["color"])); s != "" {
			body = s + " " + blankBefore(body) + body
		}
	}
	parts = add(parts, joined(top, body))
	parts = add(parts, c.fields(a["fields"]))
	for _, key := range []string{"image_url", "thumb_url"} {
		if link, ok := address(text(a[key])); ok {
			parts = add(parts, "<"+link+">")
		}
	}
	if parts == nil && text(a["pretext"]) == "" {
		parts = add(parts, c.written(a["fallback"], true))
	}
	parts = add(parts, c.buttons(a["actions"]))
	if footer := strings.Join(add(add(nil, italic(line(quiet.written(a["footer"], true)))), stamp(text(a["ts"]))), " · "); parts != nil && footer != "" {
		parts = add(parts, footer)
	}
	pretext := c.written(a["pretext"], true)
	if parts == nil {
		return pretext
	}
	return joined(pretext, quote(strings.Join(parts, "\n\n")))
}

// joined puts one text below another.
func joined(above, below string) string {
	switch {
	case above == "":
		return below
	case below == "":
		return above
	}
	return above + "\n" + blankBefore(below) + below
}

func italic(s string) string {
	if s == "" {
		return ""
	}
	return "_" + s + "_"
}

// fields are what an alert knows about itself; the short ones share a line.
func (c *converter) fields(v any) string {
	var lines []string
	shared := false // the last line takes more
	for _, f := range objects(v, maxItems) {
		title, value := bold(escape(unescape(text(f["title"])))), c.written(f["value"], true)
		var s string
		switch {
		case title == "" && value == "":
			continue
		case strings.Contains(value, "\n"):
			s = joined(title, value)
		default:
			s = strings.TrimSpace(title + " " + value)
		}
		short := truth(f["short"]) && !strings.Contains(s, "\n")
		if short && shared {
			lines[len(lines)-1] += " · " + s
			shared = false
			continue
		}
		lines = append(lines, s)
		shared = short
	}
	return strings.Join(lines, "\n")
}

// sign is an attachment's colour as a mark that every theme shows.
func sign(color string) string {
	switch color = strings.ToLower(strings.TrimSpace(color)); color {
	case "good":
		return "🟢"
	case "warning":
		return "🟠"
	case "danger":
		return "🔴"
	}
	digits := strings.TrimPrefix(color, "#")
	if len(digits) == 3 {
		digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
	}
	n, err := strconv.ParseUint(digits, 16, 24)
	if err != nil || len(digits) != 6 {
		return ""
	}
	return signOf(int(n>>16), int(n>>8&255), int(n&255))
}

func signOf(r, g, b int) string {
	most, least := max(r, g, b), min(r, g, b)
	if most-least < 40 { // grey
		return ""
	}
	var hue int
	switch span := most - least; most {
	case r:
		hue = (60*(g-b)/span + 360) % 360
	case g:
		hue = 60*(b-r)/span + 120
	default:
		hue = 60*(r-g)/span + 240
	}
	switch {
	case hue < 15 || hue >= 330:
		return "🔴"
	case hue < 45:
		return "🟠"
	case hue < 70:
		return "🟡"
	case hue < 175:
		return "🟢"
	case hue < 255:
		return "🔵"
	}
	return "🟣"
}

// stamp is a time in seconds, in words; empty for none.
func stamp(s string) string {
	seconds, _, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || n <= 0 || n > 1<<36 {
		return ""
	}
	return time.Unix(n, 0).UTC().Format("2006-01-02 15:04 UTC")
}

// — Blocks —

// blocks converts the simple ones; what can only be used in Slack is left out.
func (c *converter) blocks(v any) string {
	var parts []string
	for _, b := range objects(v, maxBlocks) {
		parts = add(parts, c.block(b))
	}
	return strings.Join(parts, "\n\n")
}

func (c *converter) block(b map[string]any) string {
	switch text(b["type"]) {
	case "section":
		return c.section(b)
	case "header":
		return bold(c.said(b["text"]))
	case "divider":
		return "---"
	case "context":
		var parts []string
		for _, e := range objects(b["elements"], maxItems) {
			if text(e["type"]) == "image" {
				parts = add(parts, escape(unescape(text(e["alt_text"]))))
			} else {
				parts = add(parts, c.said(e))
			}
		}
		return strings.Join(parts, " · ")
	case "image":
		return linked(first(c.plainOf(b["title"]), text(b["alt_text"])), first(text(b["image_url"]), text(object(b["slack_file"])["url"])))
	case "video":
		return linked(c.plainOf(b["title"]), first(text(b["title_url"]), text(b["video_url"])))
	case "actions":
		return c.buttons(b["elements"])
	case "rich_text":
		return c.richText(b["elements"])
	case "markdown":
		return strings.TrimSpace(clean(text(b["text"])))
	}
	return ""
}

func (c *converter) section(b map[string]any) string {
	parts := add(nil, c.said(b["text"]))
	for _, f := range objects(b["fields"], maxItems) {
		parts = add(parts, c.said(f))
	}
	if a := object(b["accessory"]); a != nil {
		if text(a["type"]) == "image" {
			if link, ok := address(text(a["image_url"])); ok {
				parts = add(parts, "<"+link+">")
			}
		} else {
			parts = add(parts, c.buttons(a))
		}
	}
	return strings.Join(parts, "\n")
}

// said is a text object's text.
func (c *converter) said(v any) string {
	o := object(v)
	if o != nil && text(o["type"]) == "plain_text" {
		return c.written(o["text"], false)
	}
	return c.written(v, true)
}

func (c *converter) plainOf(v any) string { return unescape(text(v)) }

// buttons are those that lead somewhere.
func (c *converter) buttons(v any) string {
	var parts []string
	for _, e := range objects(v, maxItems) {
		if link, ok := address(text(e["url"])); ok {
			parts = append(parts, "["+escape(first(line(c.plainOf(e["text"])), link))+"]("+link+")")
		}
	}
	return strings.Join(parts, " · ")
}

// — Rich text —

func (c *converter) richText(v any) string {
	var parts []string
	for _, e := range objects(v, maxItems) {
		switch text(e["type"]) {
		case "rich_text_section":
			parts = add(parts, strings.TrimSpace(c.spans(e["elements"])))
		case "rich_text_list":
			parts = add(parts, c.list(e))
		case "rich_text_quote":
			if s := c.spans(e["elements"]); s != "" {
				parts = append(parts, quote(s))
			}
		case "rich_text_preformatted":
			if s := strings.ReplaceAll(c.code(e["elements"]), "```", "'''"); s != "" {
				parts = append(parts, "```\n"+strings.Trim(s, "\n")+"\n```")
			}
		}
	}
	return strings.Join(parts, "\n\n")
}

func (c *converter) list(e map[string]any) string {
	indent, _ := strconv.Atoi(text(e["indent"]))
	var lines []string
	for i, item := range objects(e["elements"], maxItems) {
		mark := "- "
		if text(e["style"]) == "ordered" {
			mark = strconv.Itoa(i+1) + ". "
		}
		if s := strings.Join(strings.Fields(c.spans(item["elements"])), " "); s != "" {
			lines = append(lines, strings.Repeat("   ", min(max(indent, 0), maxDepth))+mark+s)
		}
	}
	return strings.Join(lines, "\n")
}

// code is the bare text of elements.
func (c *converter) code(v any) string {
	var out strings.Builder
	for _, e := range objects(v, maxItems) {
		out.WriteString(clean(first(text(e["text"]), text(e["url"]))))
	}
	return out.String()
}

func (c *converter) spans(v any) string {
	var out strings.Builder
	for _, e := range objects(v, maxItems) {
		out.WriteString(c.span(e))
	}
	return out.String()
}

func (c *converter) span(e map[string]any) string {
	switch text(e["type"]) {
	case "text":
		return styled(clean(text(e["text"])), object(e["style"]))
	case "link":
		return linked(text(e["text"]), text(e["url"]))
	case "emoji":
		return emoji(":" + strings.Trim(text(e["name"]), ":") + ":")
	case "broadcast":
		in := inline{converter: c}
		in.special(text(e["range"]), "")
		return in.out.String()
	case "user":
		in := inline{converter: c}
		in.reference("@" + text(e["user_id"]))
		return in.out.String()
	case "channel":
		return "\\#" + escape(text(e["channel_id"]))
	case "usergroup":
		return "\\@" + escape(text(e["usergroup_id"]))
	case "date":
		return escape(first(text(e["fallback"]), stamp(text(e["timestamp"]))))
	case "color":
		return escape(text(e["value"]))
	}
	return ""
}

// styled marks a run of text line by line, the spaces around it left outside.
func styled(s string, style map[string]any) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		core := strings.TrimSpace(l)
		if core == "" {
			continue
		}
		marked := escape(core)
		if truth(style["code"]) && !strings.Contains(core, "`") {
			marked = "`" + core + "`"
		}
		for _, m := range []struct{ name, mark string }{{"strike", "~~"}, {"italic", "_"}, {"bold", "**"}} {
			if truth(style[m.name]) {
				marked = m.mark + marked + m.mark
			}
		}
		lines[i] = l[:strings.Index(l, core)] + marked + l[strings.Index(l, core)+len(core):]
	}
	return strings.Join(lines, "\n")
}
