// Command build bundles the browser's code, styles, icons and pictures into
// ../dist, and the table of emoji into ../markup; both are committed, so that
// building the server needs nothing but Go. It reads only what is in the
// repository.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/evanw/esbuild/pkg/api"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}

func run() error {
	icons, err := sprite("icons")
	if err != nil {
		return err
	}
	files := map[string][]byte{
		"icons.svg":       icons,
		"icon.svg":        []byte(favicon(false)),
		"icon-unread.svg": []byte(favicon(true)),
	}
	for _, language := range []string{"en", "de", "es"} {
		if files["emoji-"+language+".json"], err = emojiOf("emoji", language); err != nil {
			return err
		}
	}
	if files["../../markup/shortcodes.txt"], err = shortcodesOf("emoji"); err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join("dist", name), content, 0o644); err != nil {
			return err
		}
	}
	for _, p := range pictures {
		if err := p.write(filepath.Join("dist", p.name)); err != nil {
			return err
		}
	}
	result := api.Build(api.BuildOptions{
		EntryPoints:       []string{"src/app.ts", "src/app.css", "src/offline.ts", "src/worker.ts"},
		Outdir:            "dist",
		Bundle:            true,
		Write:             true,
		MinifyWhitespace:  true,
		MinifySyntax:      true,
		MinifyIdentifiers: true,
		Target:            api.ES2022,
		Format:            api.FormatESModule,
		LegalComments:     api.LegalCommentsInline,
		LogLevel:          api.LogLevelWarning,
	})
	if len(result.Errors) > 0 {
		return fmt.Errorf("%d errors", len(result.Errors))
	}
	return nil
}
