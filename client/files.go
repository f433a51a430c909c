package client

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// Upload is a file that is sent in pieces, ahead of its message. It can be
// gone on with from Offset until it is posted, or a day old.
type Upload struct {
	ID         int64  `json:"id"`
	Filename   string `json:"filename"` // as it is kept
	ByteSize   int64  `json:"byte_size"`
	Offset     int64  `json:"offset"`      // how much the server has
	ChunkBytes int64  `json:"chunk_bytes"` // the largest piece; zero: all of it
}

func uploadPath(id int64) string { return fmt.Sprintf("/api/uploads/%d", id) }

type uploadAnswer struct {
	Upload *Upload `json:"upload"`
}

// BeginUpload announces a file.
func (c *Client) BeginUpload(ctx context.Context, filename string, size int64) (*Upload, error) {
	var a uploadAnswer
	err := c.Do(ctx, "POST", "/api/uploads", map[string]any{"filename": filename, "byte_size": size}, &a)
	return a.Upload, err
}

// UploadState returns where an upload stands.
func (c *Client) UploadState(ctx context.Context, id int64) (*Upload, error) {
	var a uploadAnswer
	err := c.Do(ctx, "GET", uploadPath(id), nil, &a)
	return a.Upload, err
}

// SendPiece adds a piece to an upload that stands at offset.
func (c *Client) SendPiece(ctx context.Context, id, offset int64, piece io.Reader) (*Upload, error) {
	req, err := c.request(ctx, "PATCH", uploadPath(id), piece)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	req.Header.Set("Upload-Offset", strconv.FormatInt(offset, 10))
	var a uploadAnswer
	_, err = c.answer(req, &a)
	return a.Upload, err
}

// CancelUpload gives an upload up.
func (c *Client) CancelUpload(ctx context.Context, id int64) error {
	return c.Do(ctx, "DELETE", uploadPath(id), nil, nil)
}

// Upload sends a whole file, and returns its id for [Draft.UploadIDs]. What
// does not get through is asked for and sent again for as long as it may pass.
func (c *Client) Upload(ctx context.Context, filename string, size int64, content io.ReaderAt) (int64, error) {
	var u *Upload
	err := Retry(ctx, func() (err error) {
		u, err = c.BeginUpload(ctx, filename, size)
		return err
	})
	if err != nil {
		return 0, err
	}
	id := u.ID
	for u.Offset < size {
		piece := size - u.Offset
		if u.ChunkBytes > 0 {
			piece = min(piece, u.ChunkBytes)
		}
		next, err := c.SendPiece(ctx, id, u.Offset, io.NewSectionReader(content, u.Offset, piece))
		if err != nil {
			if !Passing(err) {
				return 0, err
			}
			err = Retry(ctx, func() (err error) {
				next, err = c.UploadState(ctx, id)
				return err
			})
			if err != nil {
				return 0, err
			}
		}
		u = next
	}
	return id, nil
}

// Download returns a file's bytes; whoever reads them closes it. Whoever may
// read the file's message may.
func (c *Client) Download(ctx context.Context, f File) (io.ReadCloser, error) {
	req, err := c.request(ctx, "GET", fmt.Sprintf("/files/%d/file", f.ID), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json") // of a refusal
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, &noAnswer{err}
	}
	if resp.StatusCode == http.StatusOK {
		return resp.Body, nil
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, &noAnswer{err}
	}
	return nil, problem(resp, answer)
}
