package app

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"time"

	"campfire"
	"campfire/internal/blob"
	"campfire/internal/chat"
	"campfire/internal/config"
	"campfire/internal/media"
)

// openFiles opens where files are kept: on the disk, or in a bucket when one
// is named.
func openFiles(ctx context.Context, cfg *config.Config, w *media.Workshop) (chat.Files, error) {
	drafts, err := blob.OpenDrafts(filepath.Join(cfg.Data, "files"), cfg.Limits.MinFreeDisk)
	if err != nil {
		return chat.Files{}, err
	}
	files := chat.Files{Drafts: drafts, Blobs: blob.NewDisk(drafts), Look: (&onlooker{w}).look}
	if cfg.S3.Bucket == "" {
		return files, nil
	}
	ctx, cancel := context.WithTimeout(ctx, bucketPatience)
	defer cancel()
	bucket, err := blob.NewS3(ctx, blob.S3Options(cfg.S3))
	if err != nil {
		drafts.Close()
		return chat.Files{}, err
	}
	files.Blobs = bucket
	return files, nil
}

// bucketPatience bounds how long a start waits for the bucket to answer.
const bucketPatience = 20 * time.Second

// onlooker looks into files that have come.
type onlooker struct{ workshop *media.Workshop }

// plainEnough is how large a picture may be, in bytes, that needs no smaller
// one: it fits into the box as it is.
const plainEnough = 256 << 10

// look tells what a file is and how large a picture is; it makes a small one,
// and takes out of it what the camera wrote about a place. Of what is damaged
// that is kept which can be followed.
func (o *onlooker) look(ctx context.Context, d *blob.Draft, _ string) (look chat.Look, err error) {
	src, err := source(d)
	if err != nil {
		return look, err
	}
	info, err := o.inspect(src)
	damaged := errors.Is(err, media.ErrMalformed)
	if err != nil && !damaged {
		return look, err
	}
	if err := clean(d, src); err != nil {
		return look, err
	}
	if src, err = source(d); err != nil {
		return look, err
	}
	if damaged { // it may be sound now
		info, err = o.inspect(src)
	}
	look = chat.Look{ContentType: info.Type.Name, Width: info.Width, Height: info.Height}
	if errors.Is(err, media.ErrMalformed) {
		return look, nil
	}
	if err != nil {
		return look, err
	}
	picture, err := o.picture(ctx, d, src, info)
	switch {
	case errors.Is(err, media.ErrBusy) && o.workshop.CanPoster(info.Type):
		return look, nil // a film plays without a poster
	case errors.Is(err, media.ErrBusy):
		return look, campfire.Overloaded("Too many pictures are being made smaller; the file was not taken.")
	case errors.Is(err, media.ErrMalformed), errors.Is(err, media.ErrUnsupported), errors.Is(err, media.ErrTooLarge):
		return look, nil // it is shown as it is
	case err != nil || picture == nil:
		return look, err
	}
	look.Thumbnail = picture.Data
	if look.Width == 0 { // of a film only its poster tells
		look.Width, look.Height = picture.Width, picture.Height
	}
	return look, nil
}

// picture makes a small picture of a file; nil for one that needs none.
func (o *onlooker) picture(ctx context.Context, d *blob.Draft, src *io.SectionReader, info media.Info) (*media.Picture, error) {
	box := media.ThumbnailBox
	switch {
	case o.workshop.CanPoster(info.Type):
		return o.workshop.Poster(ctx, d.Name(), info.Type, box)
	case !media.CanThumbnail(info.Type),
		info.Type.Inline && info.Width <= box.Width && info.Height <= box.Height && src.Size() <= plainEnough:
		return nil, nil
	}
	return o.workshop.Thumbnail(ctx, src, box)
}

// inspect tells what a file is; a picture beyond the limits is refused.
func (o *onlooker) inspect(src media.Source) (media.Info, error) {
	info, err := o.workshop.Inspect(src)
	if errors.Is(err, media.ErrTooLarge) {
		err = campfire.Errorf(campfire.CodeTooLarge, "The picture is larger than pictures may be here: %s.", err)
	}
	return info, err
}

// clean takes out of a file what was written beside the picture or the film,
// where it was made above all. What can't be followed far enough to tell is
// refused.
func clean(d *blob.Draft, src media.Source) error {
	err := media.Erase(d, src)
	if errors.Is(err, media.ErrUnsupported) {
		err = d.Replace(func(w io.Writer) error { return media.Strip(w, src) })
	}
	switch {
	case errors.Is(err, media.ErrUnsupported):
		return nil
	case errors.Is(err, media.ErrMalformed):
		return &campfire.Error{Code: campfire.CodeInvalid, Err: err, Detail: "The file is damaged: whether it says where it was made can't be found out."}
	}
	return err
}

func source(d *blob.Draft) (*io.SectionReader, error) {
	info, err := d.Stat()
	if err != nil {
		return nil, err
	}
	return io.NewSectionReader(d, 0, info.Size()), nil
}
