package hub

import (
	"net/http"
	"time"

	"campfire"

	"github.com/gobwas/ws"
)

// probeTime bounds the life of a probe's connection.
const probeTime = 5 * time.Second

// Probe answers the handshake on w, says one text, and ends the connection
// when the other side does, after [probeTime] at the latest. It is no
// connection of a person and has a part in nothing: it shows that an upgrade
// and frames in both directions come through whatever stands between. It
// returns once the handshake is over; Close waits for the rest.
func (h *Hub) Probe(w http.ResponseWriter, r *http.Request, text []byte) error {
	if h.draining.Load() {
		return campfire.Overloaded("The server is restarting.")
	}
	up := ws.HTTPUpgrader{Timeout: probeTime, Protocol: func(p string) bool { return p == Protocol }}
	nc, rw, _, err := up.Upgrade(r, w)
	if err != nil {
		return err
	}
	h.connWG.Go(func() {
		defer nc.Close()
		nc.SetDeadline(time.Now().Add(probeTime))
		if ws.WriteFrame(nc, ws.NewTextFrame(text)) != nil {
			return
		}
		if h, err := ws.ReadHeader(rw); err == nil && h.OpCode == ws.OpClose {
			ws.WriteFrame(nc, ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusNormalClosure, "")))
		}
	})
	return nil
}
