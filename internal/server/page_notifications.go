package server

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"campfire"
	"campfire/internal/web"
)

func (s *Server) notificationsPage(c *call) error {
	n, err := s.chat.Notifications(c.r.Context(), c.actor)
	if err != nil {
		return err
	}
	return s.showNotifications(c, http.StatusOK, web.Form{}, n)
}

// showNotifications renders one's settings, as they are stored or, where a form
// was refused, as they were to be.
func (s *Server) showNotifications(c *call, status int, form web.Form, n *campfire.Notifications) (err error) {
	v := web.NotificationsView{Settings: n, Current: c.actor.Credential, Now: campfire.TimeOf(time.Now())}
	if v.Page, err = c.frame(); err != nil {
		return err
	}
	v.Form = form
	if v.Devices, err = s.chat.Devices(c.r.Context(), c.actor); err != nil {
		return err
	}
	v.Zoned = v.Settings.TimeZone != unchosenZone
	return c.render(status, s.web.Notifications(v))
}

// unchosenZone is the time zone of who has chosen none: the page then offers
// the browser's.
const unchosenZone = "UTC"

// changeNotifications serves a form that changes part of one's settings.
func (s *Server) changeNotifications(c *call, form string, change func(f url.Values, n *campfire.Notifications) error) error {
	f, err := c.form()
	if err != nil {
		return err
	}
	n, err := s.chat.Notifications(c.r.Context(), c.actor)
	if err != nil {
		return err
	}
	if zone := strings.TrimSpace(f.Get("time_zone")); zone != "" {
		n.TimeZone = zone
	}
	err = change(f, n)
	if err == nil {
		_, err = s.chat.SetNotifications(c.r.Context(), c.actor, *n)
	}
	if err != nil {
		shown, status, ok := c.refused(form, f, err)
		if !ok {
			return err
		}
		return s.showNotifications(c, status, shown, n)
	}
	return c.redirectDone("/notifications#"+form, "save")
}

// whyPage says why the viewer was told of a message, or was not.
func (s *Server) whyPage(c *call) error {
	room, id, err := c.messagePath()
	if err != nil {
		return err
	}
	v := web.WhyView{}
	if v.Explanation, err = s.chat.Explain(c.r.Context(), c.actor, room, id); err != nil {
		return err
	}
	if v.Message, err = s.chat.Message(c.r.Context(), c.actor, room, id); err != nil {
		return err
	}
	if v.Page, err = c.frame(); err != nil {
		return err
	}
	v.Room = room
	return c.render(http.StatusOK, s.web.Why(v))
}

// morning is when a pause until tomorrow ends.
const morning = 8 // o'clock

func (s *Server) pauseForm(c *call) error {
	return s.changeNotifications(c, "pause", func(f url.Values, n *campfire.Notifications) error {
		now := time.Now()
		switch f.Get("for") {
		case "1h":
			n.PausedUntil = campfire.TimeOf(now.Add(time.Hour))
		case "3h":
			n.PausedUntil = campfire.TimeOf(now.Add(3 * time.Hour))
		case "tomorrow", "week":
			days := 1
			if f.Get("for") == "week" {
				days = 7
			}
			zone, err := time.LoadLocation(n.TimeZone)
			if err != nil {
				return campfire.Invalid("time_zone", "must be the name of a time zone such as Europe/Berlin")
			}
			local := now.In(zone)
			n.PausedUntil = campfire.TimeOf(time.Date(local.Year(), local.Month(), local.Day()+days, morning, 0, 0, 0, zone))
		default:
			n.PausedUntil = 0
		}
		return nil
	})
}

func (s *Server) quietForm(c *call) error {
	return s.changeNotifications(c, "quiet", func(f url.Values, n *campfire.Notifications) error {
		var rows []quietJSON
		for i := 0; f.Has("from-" + strconv.Itoa(i)); i++ {
			row := quietJSON{From: f.Get("from-" + strconv.Itoa(i)), To: f.Get("to-" + strconv.Itoa(i))}
			for _, d := range f["day-"+strconv.Itoa(i)] {
				if day, err := strconv.Atoi(d); err == nil && day >= 0 && day < len(days) {
					row.Days = append(row.Days, days[day])
				}
			}
			if len(row.Days) > 0 {
				rows = append(rows, row)
			}
		}
		var err error
		n.Quiet, err = quietHours(rows)
		return err
	})
}

func (s *Server) keywordsForm(c *call) error {
	return s.changeNotifications(c, "keywords", func(f url.Values, n *campfire.Notifications) error {
		n.Keywords = nil
		for line := range strings.Lines(f.Get("keywords")) {
			if line = strings.TrimSpace(line); line != "" {
				n.Keywords = append(n.Keywords, line)
			}
		}
		return nil
	})
}

func (s *Server) testDeviceForm(c *call) error {
	return s.onDevice(c, "test", func(id campfire.DeviceID) error { return s.chat.TestDevice(c.r.Context(), c.actor, id) })
}

func (s *Server) removeDeviceForm(c *call) error {
	return s.onDevice(c, "device", func(id campfire.DeviceID) error { return s.chat.RemoveDevice(c.r.Context(), c.actor, id) })
}

func (s *Server) onDevice(c *call, did string, do func(campfire.DeviceID) error) error {
	id, err := pathID[campfire.DeviceID](c, "subscription")
	if err != nil {
		return err
	}
	if err := do(id); err != nil {
		return err
	}
	return c.redirectDone("/notifications#devices", did)
}
