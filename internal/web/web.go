package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"campfire"
	"campfire/internal/sounds"
	"campfire/internal/web/text"
)

//go:embed dist
var dist embed.FS

// Options say where the pages live.
type Options struct {
	Base       string // path of the installation: empty, or "/chat"
	Version    string
	MaxMessage int // bytes of a message's text; 0: no bound
	Files      FileLimits
}

// FileLimits are bounds of files that the page tells before any is sent; zero
// sets none.
type FileLimits struct {
	MaxBytes int64 // of a file
	MaxFiles int   // of a message
	Chunk    int64 // bytes of a file that go at once
}

// Web renders pages.
type Web struct {
	base    string
	version string
	longest int // bytes of a message's text; 0: no bound
	files   FileLimits
	wire    campfire.Wire
	assets  map[string]*asset // by hashed name
	names   map[string]string // plain name → hashed
}

// asset is one file, ready to be sent.
type asset struct {
	kind    string
	plain   []byte
	gzipped []byte
	file    string // of sounds.Files: it is read when it is asked for
	tag     string
}

// New loads and hashes the assets.
func New(o Options) (*Web, error) {
	w := &Web{base: o.Base, version: o.Version, longest: o.MaxMessage, files: o.Files, wire: campfire.Wire{Base: o.Base},
		assets: make(map[string]*asset), names: make(map[string]string)}
	err := fs.WalkDir(dist, "dist", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := dist.ReadFile(file)
		if err != nil {
			return err
		}
		return w.add(strings.TrimPrefix(file, "dist/"), b)
	})
	if err != nil {
		return nil, fmt.Errorf("load the assets: %w", err)
	}
	for _, c := range text.All() {
		if err := w.add(textsAsset(c), c.Browser()); err != nil {
			return nil, fmt.Errorf("load the texts: %w", err)
		}
	}
	if err := w.addSounds(); err != nil {
		return nil, fmt.Errorf("load the sounds: %w", err)
	}
	return w, nil
}

// add makes an asset of a file.
func (w *Web) add(name string, b []byte) error {
	sum := hash(b)
	ext := path.Ext(name)
	hashed := strings.TrimSuffix(name, ext) + "-" + sum + ext
	a := &asset{kind: mime.TypeByExtension(ext), plain: b, tag: `"` + sum + `"`}
	var z bytes.Buffer
	g, _ := gzip.NewWriterLevel(&z, gzip.BestCompression)
	g.Write(b)
	if err := g.Close(); err != nil {
		return err
	}
	if z.Len() < len(b)*9/10 {
		a.gzipped = z.Bytes()
	}
	w.assets[hashed], w.names[name] = a, hashed
	return nil
}

// textsAsset is the name of a script, among the assets, that brings the texts
// of a language to the browser's code.
func textsAsset(c *text.Catalogue) string { return "texts-" + c.Tag + ".js" }

// soundAsset is the name of a sound among the assets.
func soundAsset(name string) string { return "sounds/" + name + ".wav" }

// addSounds adds the sounds to the assets, and a list of their addresses for
// the browser's code.
func (w *Web) addSounds() error {
	list := make(map[string]string)
	for _, name := range sounds.Names() {
		b, err := fs.ReadFile(sounds.Files(), name+".wav")
		if err != nil {
			return err
		}
		sum := hash(b)
		hashed := "sounds/" + name + "-" + sum + ".wav"
		w.assets[hashed], w.names[soundAsset(name)] = &asset{kind: "audio/wav", file: name + ".wav", tag: `"` + sum + `"`}, hashed
		list[name] = w.Asset(soundAsset(name))
	}
	b, err := json.Marshal(list)
	if err != nil {
		return err
	}
	sum := hash(b)
	hashed := "sounds-" + sum + ".json"
	w.assets[hashed], w.names["sounds.json"] = &asset{kind: "application/json", plain: b, tag: `"` + sum + `"`}, hashed
	return nil
}

// hash names content.
func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:6])
}

// File returns a file of ours, nil when there is none. Nobody may change it.
func (w *Web) File(name string) []byte {
	if a := w.assets[w.names[name]]; a != nil {
		return a.plain
	}
	return nil
}

// Asset returns the address of a file of ours: it changes with its content.
func (w *Web) Asset(name string) string { return w.base + "/assets/" + w.names[name] }

// Assets serves the files under their hashed names, for ever.
func (w *Web) Assets() http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/")
		a := w.assets[name]
		if hue, ok := accentHue(name); ok {
			a = &asset{kind: "text/css; charset=utf-8", tag: `"1"`, plain: fmt.Appendf(nil, ":root{--hue:%d}\n", hue)}
		}
		if a == nil {
			http.NotFound(rw, r)
			return
		}
		h := rw.Header()
		h.Set("Content-Type", a.kind)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("ETag", a.tag)
		if a.file != "" {
			http.ServeFileFS(rw, r, sounds.Files(), a.file)
			return
		}
		h.Set("Vary", "Accept-Encoding")
		body := a.plain
		if a.gzipped != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			h.Set("Content-Encoding", "gzip")
			body = a.gzipped
		}
		http.ServeContent(rw, r, "", time.Time{}, bytes.NewReader(body))
	})
}

// Accent returns the address of the style sheet that sets the accent's hue:
// a style attribute would need a hole in the policy below.
func (w *Web) Accent(hue int) string { return w.base + "/assets/accent-" + strconv.Itoa(hue) + ".css" }

// stylesURL is the address of a version of the installation's own style sheet.
func (w *Web) stylesURL(version string) string { return w.base + "/styles/" + version + ".css" }

func accentHue(name string) (int, bool) {
	digits, ok := strings.CutPrefix(strings.TrimSuffix(name, ".css"), "accent-")
	hue, err := strconv.Atoi(digits)
	return hue, ok && err == nil && hue >= 0 && hue < 360 && strings.HasSuffix(name, ".css")
}

// CSP is the Content-Security-Policy of every answer: nothing inline, nothing
// from elsewhere.
func (w *Web) CSP() string {
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; font-src 'self'; connect-src 'self'; " +
		"manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}
