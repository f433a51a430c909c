package server

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"

	"campfire"
	"campfire/internal/chat"
)

// isMultipart reports whether a request brings a form with files.
func isMultipart(r *http.Request) bool {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	return strings.EqualFold(strings.TrimSpace(kind), "multipart/form-data")
}

// receive reads a form with files: fields into values, files to the disk. Its
// files are the caller's to post or drop, also when it fails.
func (c *call) receive(room campfire.RoomID) (draft campfire.Draft, files []*chat.Received, err error) {
	_, params, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || params["boundary"] == "" {
		return draft, nil, &campfire.Error{Code: campfire.CodeMalformed, Detail: "The form has no boundary."}
	}
	ctx := c.r.Context()
	if err := c.s.chat.MayReceive(ctx, c.actor, room, max(c.r.ContentLength-formRoom, 0)); err != nil {
		return draft, nil, err
	}
	_, most := c.s.chat.FileLimits()
	form := multipart.NewReader(c.pacedBody(), params["boundary"])
	for n := 0; ; n++ {
		part, err := form.NextRawPart()
		if err == io.EOF {
			return draft, files, nil
		}
		if err != nil {
			return draft, files, formError(err)
		}
		if most > 0 && n >= most+formFields {
			return draft, files, &campfire.Error{Code: campfire.CodeTooLarge, Detail: "The form has too many parts."}
		}
		name := part.FormName()
		if given := filename(part); given != "" || name == "attachment" {
			if given == "" {
				continue // a browser's form in which no file was chosen
			}
			if name != "attachment" {
				return draft, files, campfire.Invalid(name, "is not known here")
			}
			if most > 0 && len(files) >= most {
				return draft, files, campfire.Invalid("attachment", "are more than %d files", most)
			}
			file, err := c.s.chat.Receive(ctx, c.actor, given, part)
			if err != nil {
				return draft, files, formError(err)
			}
			files = append(files, file)
			continue
		}
		value, err := c.field(part)
		if err != nil {
			return draft, files, err
		}
		if err := setField(&draft, name, value); err != nil {
			return draft, files, err
		}
	}
}

// formRoom is how much of a form may be something else than files, when it is
// held against what may be stored before it is read.
const formRoom = 256 << 10

// formFields is how many fields a form may have beside its files.
const formFields = 8

// filename is a part's name of a file as it was sent.
func filename(part *multipart.Part) string {
	_, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	if err != nil {
		return part.FileName()
	}
	return params["filename"]
}

// field reads a field's text within the bound of a body.
func (c *call) field(part *multipart.Part) (string, error) {
	most := c.s.MaxBody
	in := io.Reader(part)
	if most > 0 {
		in = io.LimitReader(part, most+1)
	}
	b, err := io.ReadAll(in)
	if err != nil {
		return "", formError(err)
	}
	if most > 0 && int64(len(b)) > most {
		return "", &campfire.Error{Code: campfire.CodeTooLarge, Detail: "A field of the form is too long."}
	}
	return string(b), nil
}

func setField(d *campfire.Draft, name, value string) error {
	switch name {
	case "body":
		d.Body = value
	case "client_message_id":
		d.ClientID = value
	case "reply_to":
		if value == "" {
			return nil // a page's form that answers nothing
		}
		id, ok := campfire.ParseID[campfire.MessageID](value)
		if !ok {
			return campfire.Invalid("reply_to", "must be the id of a message of this room")
		}
		d.ReplyTo = id
	case "previews":
		if value != "true" && value != "false" {
			return campfire.Invalid("previews", "must be true or false")
		}
		d.NoPreviews = value == "false"
	case "send": // the page's button
	default:
		return campfire.Invalid(name, "is not known here")
	}
	return nil
}

// formError is an error of a form's reading: one that is explained stays.
func formError(err error) error {
	if _, told := errors.AsType[*campfire.Error](err); told || !errors.Is(err, io.ErrUnexpectedEOF) && !isFormSyntax(err) {
		return err
	}
	return &campfire.Error{Code: campfire.CodeMalformed, Detail: "The form did not come whole."}
}

func isFormSyntax(err error) bool {
	return errors.Is(err, multipart.ErrMessageTooLarge) || strings.HasPrefix(err.Error(), "multipart: ") ||
		strings.HasPrefix(err.Error(), "malformed MIME header")
}

// postReceived posts what a form with files brings.
func (s *Server) postReceived(c *call, room campfire.RoomID) (draft campfire.Draft, posted *campfire.Posted, err error) {
	draft, files, err := c.receive(room)
	if err != nil {
		s.chat.Drop(c.r.Context(), files)
		return draft, nil, err
	}
	posted, err = s.chat.PostFiles(c.r.Context(), c.actor, room, draft, files)
	return draft, posted, err
}
