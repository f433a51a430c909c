package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// posterInputs are the demuxers that may read a file of a type. None but these
// runs: a playlist that calls itself a video could name other files.
var posterInputs = map[string]string{
	MP4.Name: "mov", MOV.Name: "mov", WebM.Name: "matroska", MKV.Name: "matroska",
	"video/ogg": "ogg", "video/x-msvideo": "avi", "video/mpeg": "mpeg", "video/x-flv": "flv",
}

const (
	posterMemory = 1 << 20 // KiB of address space
	posterBytes  = 8 << 20 // of what the program may answer
)

// FindFFmpeg returns the path of ffmpeg, or nothing when it isn't installed.
func FindFFmpeg() string {
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		return ""
	}
	return path
}

// CanPoster reports whether Poster may succeed for this type.
func (w *Workshop) CanPoster(t Type) bool {
	return w.o.FFmpeg != "" && posterInputs[t.Name] != ""
}

// Poster makes a picture of a video's beginning that fits into box. It is
// ErrUnsupported without ffmpeg. The program sees one file and no network, and
// is ended with ctx, after the workshop's PosterTime, and beyond its memory.
func (w *Workshop) Poster(ctx context.Context, path string, t Type, box Box) (*Picture, error) {
	if !w.CanPoster(t) {
		return nil, fmt.Errorf("%w: %s", ErrUnsupported, t.Name)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	return w.make(ctx, func() (*Picture, error) {
		frame, err := w.frame(ctx, path, posterInputs[t.Name])
		if err != nil {
			return nil, err
		}
		return w.thumbnail(ctx, bytes.NewReader(frame), box)
	})
}

// frame runs ffmpeg for one frame as JPEG.
func (w *Workshop) frame(ctx context.Context, path, demuxer string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, w.o.PosterTime)
	defer cancel()
	// The shell sets the limits and becomes ffmpeg; what it is given are
	// arguments, never part of what it reads.
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", `ulimit -v "$1" && ulimit -t "$2" && shift 2 && exec "$@"`, "sh",
		strconv.Itoa(posterMemory), strconv.Itoa(int(w.o.PosterTime/time.Second)+1),
		w.o.FFmpeg, "-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "1",
		"-protocol_whitelist", "file", "-f", demuxer, "-i", "file:"+path,
		"-map", "0:v:0", "-an", "-sn", "-dn", "-frames:v", "1", "-threads", "1",
		"-vf", fmt.Sprintf("scale='min(%d,iw)':'min(%d,ih)':force_original_aspect_ratio=decrease", 2*ThumbnailBox.Width, 2*ThumbnailBox.Height),
		"-c:v", "mjpeg", "-q:v", "3", "-f", "image2pipe", "pipe:1")
	cmd.Env = []string{"LC_ALL=C"}
	cmd.Dir = "/"
	out, complaint := capped{most: posterBytes}, capped{most: 1 << 10}
	cmd.Stdout, cmd.Stderr = &out, &complaint
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%w: ffmpeg: %w: %s", ErrMalformed, err, bytes.TrimSpace(complaint.b))
	}
	return out.b, nil
}

// capped keeps so many bytes. Who writes more is refused, which ends the
// program that writes.
type capped struct {
	b    []byte
	most int
}

func (c *capped) Write(p []byte) (int, error) {
	if len(c.b)+len(p) > c.most {
		return 0, errors.New("too much output")
	}
	c.b = append(c.b, p...)
	return len(p), nil
}
