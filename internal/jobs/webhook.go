package jobs

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"campfire"
	"campfire/internal/markup"
	"campfire/internal/outbound"
	"campfire/internal/store"
)

// Bots is what webhooks ask of the application.
type Bots interface {
	// Delivery returns what is to be told; CodeGone with the reason when that
	// is no longer wanted.
	Delivery(ctx context.Context, bot campfire.UserID, room campfire.RoomID, message campfire.MessageID) (*campfire.Delivery, error)
	// Answer, AnswerFile and TimedOut prepare a message of the bot's, posted by what they
	// return.
	Answer(ctx context.Context, bot campfire.UserID, room campfire.RoomID, deliveryID, text string) (func(*store.Tx) error, error)
	AnswerFile(ctx context.Context, bot campfire.UserID, room campfire.RoomID, deliveryID, name string, content []byte) (func(*store.Tx) error, error)
	TimedOut(ctx context.Context, bot campfire.UserID, room campfire.RoomID, deliveryID string, limit time.Duration) (func(*store.Tx) error, error)
	// StopWebhook ends the deliveries to a bot.
	StopWebhook(tx *store.Tx, bot campfire.UserID) error

	TestDelivery(ctx context.Context, a campfire.Actor, bot campfire.UserID) (*campfire.Delivery, error)
	RecordTest(ctx context.Context, bot campfire.UserID, t *store.Try) error
}

// WebhookOptions join the webhooks to the rest of the program.
type WebhookOptions struct {
	Bots    Bots
	Client  *outbound.Client
	Base    string        // path of the installation, without a final slash
	Timeout time.Duration // of one try; 0: a minute
	Bytes   int64         // of an answer; 0: as many as come
	Tries   int           // 0: five
	Now     func() campfire.Time
}

// Webhooks tells bots of messages. Its methods may be called concurrently.
type Webhooks struct{ WebhookOptions }

// NewWebhooks returns what does store.WebhookJob.
func NewWebhooks(o WebhookOptions) *Webhooks {
	if o.Timeout <= 0 {
		o.Timeout = time.Minute
	}
	if o.Bytes <= 0 {
		o.Bytes = 1 << 40
	}
	if o.Tries <= 0 {
		o.Tries = 5
	}
	if o.Now == nil {
		o.Now = func() campfire.Time { return campfire.TimeOf(time.Now()) }
	}
	return &Webhooks{o}
}

const (
	webhookWorkers = 16
	// webhookPerBot leaves others their turn while one bot's receiver hangs.
	webhookPerBot = 4
	// webhookAside is what a try takes beside the request.
	webhookAside = 10 * time.Second
)

// Handler is how the jobs are done.
func (w *Webhooks) Handler() Handler {
	return Handler{Workers: webhookWorkers, PerLane: webhookPerBot, Tries: w.Tries, Timeout: w.Timeout + webhookAside, Do: w.do}
}

func (w *Webhooks) do(ctx context.Context, j *store.Job) Outcome {
	d, err := w.Bots.Delivery(ctx, j.User, j.Room, j.Message)
	if gone, ok := errors.AsType[*campfire.Error](err); ok && gone.Code == campfire.CodeGone {
		return Skip(gone.Detail)
	}
	if err != nil {
		return Retry(err)
	}
	resp, err := w.send(ctx, d, j.DeliveryID)
	if err != nil {
		return w.failed(ctx, j, err)
	}
	return w.answered(ctx, j, resp)
}

// send makes the request of one try.
func (w *Webhooks) send(ctx context.Context, d *campfire.Delivery, id string) (*outbound.Response, error) {
	body := webhookBody(d, w.Base)
	header, err := signed(d.Secret, id, w.Now(), body)
	if err != nil {
		return nil, err
	}
	header.Set("Content-Type", "application/json")
	return w.Client.Do(ctx, outbound.Request{Method: http.MethodPost, URL: d.URL, Header: header, Body: body,
		Timeout: w.Timeout, MaxBytes: w.Bytes})
}

// failed says what becomes of a try that got no answer.
func (w *Webhooks) failed(ctx context.Context, j *store.Job, err error) Outcome {
	switch outbound.Reason(err) {
	case "cancelled":
		return Later(w.Now()) // the program is stopping
	case "refused", "too_large":
		return GiveUp(err)
	case "timeout":
		if j.Attempts+1 >= w.Tries {
			say, prepared := w.Bots.TimedOut(ctx, j.User, j.Room, j.DeliveryID, w.Timeout)
			if prepared != nil {
				return Retry(prepared)
			}
			return GiveUp(err).Also(say)
		}
	}
	return Retry(err)
}

// answered says what becomes of a try that got an answer.
func (w *Webhooks) answered(ctx context.Context, j *store.Job, resp *outbound.Response) Outcome {
	detail := excerpt(resp)
	switch status := resp.Status; {
	case status == http.StatusGone:
		return GiveUp(errors.New("the webhook says that it is gone; it is asked no more until its address is set again")).Status(status).
			Also(func(tx *store.Tx) error { return w.Bots.StopWebhook(tx, j.User) })
	case status >= 500, status == http.StatusRequestTimeout, status == http.StatusTooManyRequests:
		return Retry(errors.New(detail)).Status(status).After(retryAfter(resp))
	case status < 200, status >= 300:
		return GiveUp(errors.New(detail)).Status(status)
	}
	kind := mediaType(resp)
	if kind == "" {
		return Done(detail).Status(resp.Status)
	}
	text := ""
	switch {
	case kind == "text/plain":
		text = string(resp.Body)
	case kind == "text/html":
		text = markup.FromHTML(string(resp.Body))
	default:
		return w.attach(ctx, j, kind, resp)
	}
	if resp.Status != http.StatusOK {
		return Done(detail).Status(resp.Status)
	}
	post, err := w.Bots.Answer(ctx, j.User, j.Room, j.DeliveryID, text)
	if err != nil {
		return Retry(err).Status(resp.Status)
	}
	return Done(detail).Status(resp.Status).Also(post)
}

// mediaType is an answer's kind of content, without parameters; empty for none.
func mediaType(resp *outbound.Response) string {
	kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return kind
}

// attach posts an answer that is no text as a file.
func (w *Webhooks) attach(ctx context.Context, j *store.Job, kind string, resp *outbound.Response) Outcome {
	answered := Done(excerpt(resp)).Status(resp.Status)
	ending := endingOf(kind)
	if len(resp.Body) == 0 || ending == "" {
		return answered
	}
	post, err := w.Bots.AnswerFile(ctx, j.User, j.Room, j.DeliveryID, "attachment"+ending, resp.Body)
	if refused, ok := errors.AsType[*campfire.Error](err); ok && refused.RetryAfter == 0 {
		return GiveUp(errors.New(refused.Detail)).Status(resp.Status)
	}
	if err != nil {
		return Retry(err).Status(resp.Status)
	}
	return answered.Also(post)
}

// endings are those that names of files of these kinds have: what the system
// knows of kinds differs, and begins with odd ones.
var endings = map[string]string{
	"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp", "image/svg+xml": ".svg", "image/avif": ".avif",
	"audio/mpeg": ".mp3", "audio/ogg": ".ogg", "audio/wav": ".wav", "audio/mp4": ".m4a", "video/mp4": ".mp4", "video/webm": ".webm", "video/quicktime": ".mov",
	"application/pdf": ".pdf", "application/json": ".json", "application/zip": ".zip", "application/gzip": ".gz", "application/xml": ".xml",
	"text/csv": ".csv", "text/markdown": ".md", "text/xml": ".xml", "text/css": ".css", "text/calendar": ".ics", "application/octet-stream": ".bin",
}

// endingOf is how a file of a kind is named; empty for an unknown kind.
func endingOf(kind string) string {
	if known, ok := endings[kind]; ok {
		return known
	}
	list, err := mime.ExtensionsByType(kind)
	if err != nil || len(list) == 0 {
		return ""
	}
	return list[0]
}

// Test sends a bot's webhook a message that nobody wrote, and says how that
// ended. Nothing is posted of the answer.
func (w *Webhooks) Test(ctx context.Context, a campfire.Actor, bot campfire.UserID) (*campfire.WebhookTest, error) {
	d, err := w.Bots.TestDelivery(ctx, a, bot)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	at := w.Now()
	id := "msg_test_" + strconv.FormatInt(int64(at), 36)
	resp, err := w.send(ctx, d, id)
	t := &store.Try{Job: store.Job{DeliveryID: id, Room: d.Room.ID}, Attempt: 1, Took: time.Since(began), At: at}
	switch {
	case err != nil:
		t.Outcome, t.Detail = store.TryGivenUp, err.Error()
	case resp.Status >= 200 && resp.Status < 300:
		t.Outcome, t.Status, t.Detail = store.TryDone, resp.Status, excerpt(resp)
	default:
		t.Outcome, t.Status, t.Detail = store.TryGivenUp, resp.Status, excerpt(resp)
	}
	if err := w.Bots.RecordTest(ctx, bot, t); err != nil {
		return nil, err
	}
	return &campfire.WebhookTest{Outcome: t.Outcome.String(), Status: t.Status, Detail: t.Detail, Took: t.Took}, nil
}

// signed returns the headers of a delivery as Standard Webhooks has them: its
// id, the same on every try, the time of this one, and what the secret makes
// of both and the body.
func signed(secret, id string, at campfire.Time, body []byte) (http.Header, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return nil, errors.New("the signing secret is damaged; make a new one")
	}
	seconds := strconv.FormatInt(at.Time().Unix(), 10)
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", id, seconds, body)
	h := make(http.Header)
	h.Set("webhook-id", id)
	h.Set("webhook-timestamp", seconds)
	h.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return h, nil
}

// webhookBody is what Campfire's bots know.
func webhookBody(d *campfire.Delivery, base string) []byte {
	type person struct {
		ID   campfire.UserID `json:"id"`
		Name string          `json:"name"`
	}
	type room struct {
		ID   campfire.RoomID `json:"id"`
		Name *string         `json:"name"`
		Path string          `json:"path"`
	}
	type text struct {
		HTML  *string `json:"html"`
		Plain string  `json:"plain"`
	}
	type message struct {
		ID   campfire.MessageID `json:"id"`
		Body text               `json:"body"`
		Path string             `json:"path"`
	}
	place := base + "/rooms/" + strconv.FormatInt(int64(d.Room.ID), 10)
	body := struct {
		User    person  `json:"user"`
		Room    room    `json:"room"`
		Message message `json:"message"`
	}{
		person{d.Message.Creator.ID, d.Message.Creator.Name},
		room{ID: d.Room.ID, Path: place + "/" + d.Token + "/messages"},
		message{d.Message.ID, text{Plain: without(d.Message.Plain, d.Bot.Name)}, place + "/@" + strconv.FormatInt(int64(d.Message.ID), 10)},
	}
	if d.Room.Kind != campfire.Direct {
		body.Room.Name = &d.Room.Name
	}
	if d.Message.HTML != "" {
		body.Message.Body.HTML = &d.Message.HTML
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(body); err != nil {
		panic(err) // texts and numbers alone
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// without is a text without the mentions of a name.
func without(plain, name string) string {
	var out strings.Builder
	mention := "@" + name
	for {
		before, after, found := strings.Cut(plain, mention)
		out.WriteString(before)
		if !found {
			break
		}
		if next, _ := utf8.DecodeRuneInString(after); unicode.IsLetter(next) || unicode.IsDigit(next) {
			out.WriteString(mention) // of a longer name
		}
		plain = after
	}
	return strings.TrimSpace(out.String())
}

// retryAfter is how long an answer asks to be left alone, an hour at most.
func retryAfter(resp *outbound.Response) time.Duration {
	seconds, err := strconv.Atoi(resp.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(min(seconds, 3600)) * time.Second
}

// How much of an answer the log keeps.
const (
	excerptBytes     = 300
	excerptTypeBytes = 100 // of the name of its kind, which its header may make as long as itself
)

// excerpt is an answer's kind and the beginning of its text.
func excerpt(resp *outbound.Response) string {
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if kind == "" {
		kind = "no content type"
	}
	kind = kind[:min(len(kind), excerptTypeBytes)] // a token: of ASCII alone
	if len(resp.Body) == 0 {
		return kind + ", empty"
	}
	if !strings.HasPrefix(kind, "text/") && kind != "application/json" && !strings.HasSuffix(kind, "+json") {
		return kind + ", " + strconv.Itoa(len(resp.Body)) + " bytes"
	}
	s := strings.ToValidUTF8(string(resp.Body[:min(len(resp.Body), excerptBytes)]), "\uFFFD")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
	if len(resp.Body) > excerptBytes {
		s += "…"
	}
	return kind + ": " + strings.TrimSpace(s)
}
