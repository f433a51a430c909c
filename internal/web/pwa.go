package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"campfire/internal/web/text"
)

// Colours of the browser's frame around the page and of the moment before it
// is there: --surface-1 of src/styles/tokens.css, which neither place can read.
const (
	lightFrame = "#fdfbfa"
	darkFrame  = "#1c1916"
)

// manifestIcon and manifestShortcut are parts of a web application manifest
// (https://www.w3.org/TR/appmanifest/).
type manifestIcon struct {
	Src     string `json:"src"`
	Sizes   string `json:"sizes"`
	Type    string `json:"type"`
	Purpose string `json:"purpose,omitempty"`
}

type manifestShortcut struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

// manifestShare is what other applications may hand on, and where to.
type manifestShare struct {
	Action  string `json:"action"`
	Method  string `json:"method"`
	Enctype string `json:"enctype"`
	Params  struct {
		Title string              `json:"title"`
		Text  string              `json:"text"`
		URL   string              `json:"url"`
		Files []manifestShareFile `json:"files"`
	} `json:"params"`
}

type manifestShareFile struct {
	Name   string   `json:"name"`
	Accept []string `json:"accept"`
}

func (w *Web) manifestShare() (m manifestShare) {
	m.Action, m.Method, m.Enctype = w.base+"/share", "POST", "multipart/form-data"
	m.Params.Title, m.Params.Text, m.Params.URL = "title", "text", "url"
	m.Params.Files = []manifestShareFile{{"files", []string{"*/*"}}}
	return m
}

// Manifest describes the installation to a browser that makes an application
// of it, in the context's language.
func (w *Web) Manifest(ctx context.Context, look Look) ([]byte, error) {
	return json.Marshal(struct {
		ID         string             `json:"id"`
		Name       string             `json:"name"`
		Lang       string             `json:"lang"`
		Dir        string             `json:"dir"`
		StartURL   string             `json:"start_url"`
		Scope      string             `json:"scope"`
		Display    string             `json:"display"`
		Theme      string             `json:"theme_color"`
		Background string             `json:"background_color"`
		Icons      []manifestIcon     `json:"icons"`
		Shortcuts  []manifestShortcut `json:"shortcuts"`
		Share      manifestShare      `json:"share_target"`
	}{
		ID: w.base + "/", Name: look.Site, Lang: text.Of(ctx).Tag, Dir: text.Of(ctx).Dir,
		StartURL: w.base + "/", Scope: w.base + "/", Display: "standalone",
		Theme: lightFrame, Background: lightFrame,
		Icons: w.manifestIcons(look),
		Shortcuts: []manifestShortcut{
			{text.T(ctx, "sidebar.new_room"), w.base + "/rooms/new"},
			{text.T(ctx, "search"), w.base + "/search"},
			{text.T(ctx, "sidebar.profile"), w.base + "/profile"},
		},
		Share: w.manifestShare(),
	})
}

// Worker is the service worker's script, which keeps a page of OfflinePage. It
// begins with what the build can't know: where the installation lives and under
// which names the files of the page are served. So the script changes whenever
// one of them does, and with it what is cached.
func (w *Web) Worker(page []byte) ([]byte, error) {
	shell, err := json.Marshal(map[string]any{
		"version": hash(page),
		"page":    w.base + "/offline",
		"files":   []string{w.Asset("app.css"), w.Asset("icons.svg"), w.Asset("icon.svg"), w.Asset("offline.js")},
	})
	if err != nil {
		return nil, err
	}
	script, err := dist.ReadFile("dist/worker.js")
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "self.shell=%s;\n%s", shell, script), nil
}

// OfflinePage is the page that the service worker keeps for when there is no
// network: the same for everyone of a language and a theme.
func (w *Web) OfflinePage(ctx context.Context, theme string) ([]byte, error) {
	var out bytes.Buffer
	if err := w.offline(theme).Render(ctx, &out); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
