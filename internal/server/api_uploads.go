package server

import (
	"errors"
	"net/http"
	"strconv"

	"campfire"
	"campfire/internal/chat"
)

func (s *Server) uploadJSON(u *chat.Upload) func([]byte) []byte {
	return func(b []byte) []byte {
		b = strconv.AppendInt(append(b, `{"upload":{"id":`...), int64(u.ID), 10)
		b = campfire.AppendJSONString(append(b, `,"filename":`...), u.Filename)
		b = strconv.AppendInt(append(b, `,"byte_size":`...), u.Size, 10)
		b = strconv.AppendInt(append(b, `,"offset":`...), u.Offset, 10)
		b = strconv.AppendInt(append(b, `,"chunk_bytes":`...), u.ChunkBytes, 10)
		return append(b, "}}"...)
	}
}

func (s *Server) postUpload(c *call) error {
	var in struct {
		Filename string `json:"filename"`
		ByteSize *int64 `json:"byte_size"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	if in.ByteSize == nil {
		return campfire.Invalid("byte_size", "is needed")
	}
	u, err := s.chat.BeginUpload(c.r.Context(), c.actor, in.Filename, *in.ByteSize)
	if err != nil {
		return err
	}
	return c.json(http.StatusCreated, s.uploadJSON(u))
}

func (s *Server) getUpload(c *call) error {
	id, err := pathID[campfire.AttachmentID](c, "upload")
	if err != nil {
		return err
	}
	u, err := s.chat.Upload(c.r.Context(), c.actor, id)
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, s.uploadJSON(u))
}

// uploadOffset is the header in which a chunk says where it belongs, and every
// answer says where the upload stands.
const uploadOffset = "Upload-Offset"

func (s *Server) patchUpload(c *call) error {
	id, err := pathID[campfire.AttachmentID](c, "upload")
	if err != nil {
		return err
	}
	if c.r.Header.Get("Content-Type") != octetStream {
		return &campfire.Error{Code: campfire.CodeUnsupportedMedia, Detail: "The body must be " + octetStream + "."}
	}
	offset, err := strconv.ParseInt(c.r.Header.Get(uploadOffset), 10, 64)
	if err != nil || offset < 0 {
		return campfire.Invalid(uploadOffset, "must say at which byte of the file the body begins")
	}
	u, err := s.chat.AppendUpload(c.r.Context(), c.actor, id, offset, c.pacedBody())
	if u != nil {
		c.w.Header().Set(uploadOffset, strconv.FormatInt(u.Offset, 10))
	}
	if err != nil {
		// Explained as it is; joined with how the rest went.
		if e, ok := errors.AsType[*campfire.Error](err); ok {
			return e
		}
		return err
	}
	return c.json(http.StatusOK, s.uploadJSON(u))
}

func (s *Server) deleteUpload(c *call) error {
	id, err := pathID[campfire.AttachmentID](c, "upload")
	if err != nil {
		return err
	}
	if err := s.chat.CancelUpload(c.r.Context(), c.actor, id); err != nil {
		return err
	}
	return c.done(0)
}
