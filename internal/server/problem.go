package server

import (
	"net/http"
	"strconv"

	"campfire"
)

// appendProblem appends an RFC 9457 problem.
func (s *Server) appendProblem(b []byte, e *campfire.Error) []byte {
	status := e.Code.Status()
	title := http.StatusText(status)
	b = append(b, `{"type":"about:blank","title":`...)
	b = campfire.AppendJSONString(b, title)
	b = append(b, `,"status":`...)
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(b, `,"detail":`...)
	b = campfire.AppendJSONString(b, e.Detail)
	b = append(b, `,"code":"`...)
	b = append(b, e.Code...)
	b = append(b, '"')
	if len(e.Fields) > 0 {
		b = append(b, `,"errors":[`...)
		for i, f := range e.Fields {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, `{"field":`...)
			b = campfire.AppendJSONString(b, f.Field)
			b = append(b, `,"message":`...)
			b = campfire.AppendJSONString(b, f.Message)
			b = append(b, '}')
		}
		b = append(b, ']')
	}
	if e.Message != nil {
		b = append(b, `,"message":`...)
		b = s.wire.AppendMessage(b, e.Message)
	}
	return append(b, '}')
}
