package server

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"campfire"
	"campfire/internal/chat"
	"campfire/internal/store"
	"campfire/internal/web"
)

func (s *Server) botsPage(c *call) error {
	bots, err := s.chat.Bots(c.r.Context(), c.actor)
	if err != nil {
		return err
	}
	p, err := c.frame()
	if err != nil {
		return err
	}
	return c.render(http.StatusOK, s.web.Bots(web.BotsView{Page: p, Bots: bots}))
}

func (s *Server) newBotPage(c *call) error {
	if !c.actor.IsAdministrator() {
		return campfire.Forbidden("Only administrators can do that.")
	}
	return s.showNewBot(c, http.StatusOK, web.Form{})
}

func (s *Server) showNewBot(c *call, status int, form web.Form) error {
	p, err := c.frame()
	if err != nil {
		return err
	}
	p.Form = form
	return c.render(status, s.web.NewBot(web.BotsView{Page: p}))
}

func (s *Server) newBotForm(c *call) error {
	f, err := c.form()
	if err != nil {
		return err
	}
	made, err := s.chat.CreateBot(c.r.Context(), c.actor, f.Get("name"), f.Get("webhook_url"))
	if err != nil {
		if form, status, ok := c.refused("bot", f, err); ok {
			return s.showNewBot(c, status, form)
		}
		return err
	}
	c.w.Header().Set("Cache-Control", "no-store")
	return s.showBot(c, http.StatusOK, made.ID, web.BotView{Key: made.Key.Reveal(), Secret: made.WebhookSecret.Reveal()})
}

func (s *Server) botPage(c *call) error {
	id, err := pathID[campfire.UserID](c, "bot")
	if err != nil {
		return err
	}
	return s.showBot(c, http.StatusOK, id, web.BotView{})
}

// showBot renders a bot around what v says already.
func (s *Server) showBot(c *call, status int, id campfire.UserID, v web.BotView) (err error) {
	form := v.Form
	if v.Bot, err = s.chat.Bot(c.r.Context(), c.actor, id); err != nil {
		return err
	}
	if v.Rooms, err = s.chat.BotRooms(c.r.Context(), c.actor, id); err != nil {
		return err
	}
	if v.HasPicture, err = s.chat.HasAvatar(c.r.Context(), id); err != nil {
		return err
	}
	if v.Page, err = c.frame(); err != nil {
		return err
	}
	v.Form, v.Site = form, s.address(c.r, "")
	return c.render(status, s.web.Bot(v))
}

// onBot serves a form about one bot. Why it was refused is said on the bot's
// page, at the form of that name.
func (s *Server) onBot(c *call, name string, do func(id campfire.UserID, f url.Values) error) error {
	id, err := pathID[campfire.UserID](c, "bot")
	if err != nil {
		return err
	}
	f, err := c.form()
	if err != nil {
		return err
	}
	if err = do(id, f); err != nil {
		if form, status, ok := c.refused(name, f, err); ok {
			return s.showBot(c, status, id, web.BotView{Page: web.Page{Form: form}})
		}
	}
	return err
}

func botPath(id campfire.UserID) string { return "/account/bots/" + strconv.FormatInt(int64(id), 10) }

func (s *Server) botForm(c *call) error {
	return s.onBot(c, "bot", func(id campfire.UserID, f url.Values) error {
		p := chat.BotPatch{Name: new(f.Get("name")), WebhookURL: new(f.Get("webhook_url"))}
		if _, err := s.chat.UpdateBot(c.r.Context(), c.actor, id, p); err != nil {
			return err
		}
		return c.redirectDone(botPath(id), "save")
	})
}

func (s *Server) botKeyForm(c *call) error {
	return s.onBot(c, "key", func(id campfire.UserID, _ url.Values) error {
		key, err := s.chat.RenewBotKey(c.r.Context(), c.actor, id)
		if err != nil {
			return err
		}
		c.w.Header().Set("Cache-Control", "no-store")
		return s.showBot(c, http.StatusOK, id, web.BotView{Key: key.Reveal()})
	})
}

func (s *Server) botSecretForm(c *call) error {
	return s.onBot(c, "secret", func(id campfire.UserID, _ url.Values) error {
		secret, err := s.chat.RenewWebhookSecret(c.r.Context(), c.actor, id)
		if err != nil {
			return err
		}
		c.w.Header().Set("Cache-Control", "no-store")
		return s.showBot(c, http.StatusOK, id, web.BotView{Secret: secret.Reveal()})
	})
}

func (s *Server) botTestForm(c *call) error {
	return s.onBot(c, "test", func(id campfire.UserID, _ url.Values) error {
		t, err := s.Webhooks.Test(c.r.Context(), c.actor, id)
		if err != nil {
			return err
		}
		return s.showBot(c, http.StatusOK, id, web.BotView{Test: t})
	})
}

func (s *Server) botAvatarForm(c *call) error {
	id, err := pathID[campfire.UserID](c, "bot")
	if err != nil {
		return err
	}
	b, err := c.picture()
	if err == nil {
		_, err = s.chat.SetAvatar(c.r.Context(), c.actor, id, b)
	}
	if err != nil {
		if form, status, ok := c.refused("picture", nil, err); ok {
			return s.showBot(c, status, id, web.BotView{Page: web.Page{Form: form}})
		}
		return err
	}
	return c.redirectDone(botPath(id), "save")
}

func (s *Server) deleteBotAvatarForm(c *call) error {
	return s.onBot(c, "picture", func(id campfire.UserID, _ url.Values) error {
		if _, err := s.chat.RemoveAvatar(c.r.Context(), c.actor, id); err != nil && campfire.CodeOf(err) != campfire.CodeNotFound {
			return err
		}
		return c.redirectDone(botPath(id), "picture")
	})
}

func (s *Server) deleteBotForm(c *call) error {
	return s.onBot(c, "delete", func(id campfire.UserID, _ url.Values) error {
		if err := s.chat.DeactivateBot(c.r.Context(), c.actor, id); err != nil {
			return err
		}
		return c.redirectDone("/account/bots", "bot")
	})
}

func (s *Server) deliveriesPage(c *call) error {
	id, err := pathID[campfire.UserID](c, "bot")
	if err != nil {
		return err
	}
	return s.showDeliveries(c, http.StatusOK, id, web.Form{})
}

func (s *Server) showDeliveries(c *call, status int, id campfire.UserID, form web.Form) error {
	before, err := queryID[store.TryID](c, "cursor")
	if err != nil {
		return err
	}
	tries, more, err := s.chat.Deliveries(c.r.Context(), c.actor, id, before, 0)
	if err != nil {
		return err
	}
	v := web.DeliveriesView{More: more, Now: campfire.TimeOf(time.Now())}
	if before == 0 {
		owed, total, err := s.chat.OwedDeliveries(c.r.Context(), c.actor, id)
		if err != nil {
			return err
		}
		v.OwedTotal = total
		for _, o := range owed {
			d := web.OwedDelivery{Room: o.Room, Message: o.Message, Attempts: o.Attempts, Standing: string(o.Standing), NextAt: o.RunAt}
			if o.Last != nil {
				d.Last = new(deliveryOf(o.Last))
			}
			v.Owed = append(v.Owed, d)
		}
	}
	for _, t := range tries {
		v.Tries = append(v.Tries, deliveryOf(t))
	}
	if v.Bot, err = s.chat.Bot(c.r.Context(), c.actor, id); err != nil {
		return err
	}
	if v.Page, err = c.frame(); err != nil {
		return err
	}
	v.Form = form
	return c.render(status, s.web.Deliveries(v))
}

func deliveryOf(t *store.Try) web.Delivery {
	return web.Delivery{ID: int64(t.ID), Room: t.Job.Room, Message: t.Job.Message, Attempt: t.Attempt,
		Outcome: t.Outcome.String(), Status: t.Status, Detail: t.Detail, Took: t.Took, At: t.At}
}

func (s *Server) replayForm(c *call) error {
	id, err := pathID[campfire.UserID](c, "bot")
	if err != nil {
		return err
	}
	try, err := pathID[store.TryID](c, "delivery")
	if err != nil {
		return err
	}
	if err := s.chat.ReplayDelivery(c.r.Context(), c.actor, id, try); err != nil {
		if form, status, ok := c.refused("replay", nil, err); ok {
			return s.showDeliveries(c, status, id, form)
		}
		return err
	}
	return c.redirectDone(botPath(id)+"/deliveries", "replay")
}
