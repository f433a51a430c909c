package app

import (
	"context"
	"net/http"
	"path/filepath"

	"campfire/internal/blob"
	"campfire/internal/chat"
	"campfire/internal/config"
)

// openFiles opens where files are kept.
func openFiles(cfg *config.Config) (chat.Files, error) {
	drafts, err := blob.OpenDrafts(filepath.Join(cfg.Data, "files"), cfg.Limits.MinFreeDisk)
	if err != nil {
		return chat.Files{}, err
	}
	return chat.Files{Drafts: drafts, Blobs: blob.NewDisk(drafts), Look: look}, nil
}

// look looks into a file that has come.
func look(_ context.Context, d *blob.Draft, name string) (chat.Look, error) {
	head := make([]byte, 512)
	n, _ := d.ReadAt(head, 0)
	return chat.Look{ContentType: http.DetectContentType(head[:n])}, nil
}
