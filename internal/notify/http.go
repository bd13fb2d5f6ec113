package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"errtop/internal/alert"
)

// Endpoint is an HTTP receiver.
type Endpoint struct {
	URL          string
	Headers      map[string]string // Authorization and the like
	AllowPrivate bool              // addresses of private networks may be called
}

// Webhook posts Alertmanager's payload, version 4.
type Webhook struct {
	endpoint Endpoint
	client   *http.Client
}

// NewWebhook returns a sender for an endpoint. An error is a URL that cannot be called.
func NewWebhook(e Endpoint) (*Webhook, error) {
	if err := checkURL(e.URL); err != nil {
		return nil, err
	}
	return &Webhook{e, newClient(e.AllowPrivate)}, nil
}

// Send posts the notification.
func (w *Webhook) Send(ctx context.Context, n *alert.Notification) error {
	return post(ctx, w.client, w.endpoint, w.endpoint.URL, payloadOf(n))
}

// Alertmanager posts alerts to Alertmanager's own API, version 2, so that a team's routes, silences and inhibitions go on working.
type Alertmanager struct {
	endpoint Endpoint
	target   string
	client   *http.Client
}

// NewAlertmanager returns a sender for the Alertmanager at a base URL, as http://127.0.0.1:9093.
func NewAlertmanager(e Endpoint) (*Alertmanager, error) {
	if err := checkURL(e.URL); err != nil {
		return nil, err
	}
	target, err := url.JoinPath(e.URL, "api/v2/alerts")
	if err != nil {
		return nil, fmt.Errorf("alertmanager: %w", err)
	}
	return &Alertmanager{e, target, newClient(e.AllowPrivate)}, nil
}

// postedAlert is an alert of Alertmanager's API.
type postedAlert struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	StartsAt    time.Time         `json:"startsAt"`
	EndsAt      time.Time         `json:"endsAt"`
}

// alertLife is how long Alertmanager believes an alert that it does not hear of again: a night in which errtop is down ends nothing.
const alertLife = 8 * time.Hour

// AlertmanagerRefresh is how often what fires is posted again, whatever the settings repeat to people: Alertmanager forgets its alerts
// when it restarts, and decides itself whom it tells again.
const AlertmanagerRefresh = 5 * time.Minute

// Send posts the notification's alerts.
func (a *Alertmanager) Send(ctx context.Context, n *alert.Notification) error {
	posted := make([]postedAlert, len(n.Alerts))
	for i := range n.Alerts {
		p := payloadAlertOf(&n.Alerts[i])
		posted[i] = postedAlert{p.Labels, p.Annotations, p.StartsAt, p.EndsAt}
		if p.EndsAt.IsZero() {
			posted[i].EndsAt = n.Created.Add(alertLife).UTC()
		}
	}
	return post(ctx, a.client, a.endpoint, a.target, posted)
}

// checkURL refuses what is not the URL of an HTTP server. It does not repeat the URL: that may hold a secret.
func checkURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return errors.New("not a URL")
	case u.Scheme != "http" && u.Scheme != "https":
		return errors.New("expected a URL that starts with http:// or https://")
	case u.Host == "":
		return errors.New("the URL names no host")
	}
	return nil
}

// post sends a body as JSON and judges the answer.
func post(ctx context.Context, client *http.Client, e Endpoint, target string, body any) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return &RefusedError{err.Error()}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(encoded))
	if err != nil {
		return &RefusedError{"not a URL"}
	}
	request.Header.Set("Content-Type", "application/json")
	for name, value := range e.Headers {
		request.Header.Set(name, value)
	}
	response, err := client.Do(request)
	if err != nil {
		if failed, ok := errors.AsType[*url.Error](err); ok {
			err = failed.Err // without the URL, which may hold a secret
		}
		if errors.Is(err, errForbiddenAddress) {
			return &RefusedError{err.Error()}
		}
		return fmt.Errorf("cannot be reached: %w", err)
	}
	defer response.Body.Close() //nolint:errcheck // only read from
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10))
	switch code := response.StatusCode; {
	case code >= 200 && code < 300:
		return nil
	case code >= 300 && code < 400:
		return &RefusedError{"answers with a redirect (" + response.Status + "), which is not followed"}
	case code == http.StatusRequestTimeout || code == http.StatusTooManyRequests || code >= 500:
		return fmt.Errorf("answers %s", response.Status)
	default:
		return &RefusedError{"answers " + response.Status}
	}
}
