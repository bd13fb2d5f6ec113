package notify

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/nicholas-fedor/shoutrrr"
	"github.com/nicholas-fedor/shoutrrr/pkg/router"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"

	"errtop/internal/alert"
	"errtop/internal/safego"
)

// Service tells one of the services that shoutrrr knows, by its URL: slack://, discord://, teams://, pagerduty://, opsgenie://,
// smtp://, ntfy:// and more (https://shoutrrr.nickfedor.com).
type Service struct {
	router  *router.ServiceRouter
	secret  string
	host    string // to look up before each message; "" where the transport is guarded
	private bool   // it may be at an address of a private network
	sending atomic.Bool
}

// NewService returns a sender for a service's URL. Private addresses are called only where that is allowed, link-local ones never. The
// error does not repeat the URL, which holds a secret.
func NewService(rawURL string, allowPrivate bool) (*Service, error) {
	scheme, _, ok := strings.Cut(rawURL, "://")
	if !ok {
		return nil, errors.New("expected a URL of a service, as slack://…")
	}
	r, err := shoutrrr.CreateSender(rawURL)
	if err != nil {
		return nil, errors.New(scheme + ": " + strings.ReplaceAll(err.Error(), rawURL, scheme+"://***"))
	}
	guardDefaultTransport()
	if allowPrivate {
		servicesPrivate.Store(true)
	}
	s := &Service{router: r, secret: rawURL, private: allowPrivate}
	if u, err := url.Parse(rawURL); err == nil && slices.Contains(dialsItself, scheme) {
		s.host = u.Hostname()
	}
	return s, nil
}

// Send tells the service. shoutrrr knows no deadlines: where ctx ends before the service has answered, that is an error, and nothing else
// is sent until it has answered or its connection ended.
func (s *Service) Send(ctx context.Context, n *alert.Notification) error {
	if s.host != "" {
		if err := checkHost(ctx, s.host, s.private); err != nil {
			return &RefusedError{err.Error()}
		}
	}
	if s.sending.Swap(true) {
		return errors.New("has not answered yet to the message before")
	}
	var answer error
	ended := safego.Start(func() error {
		defer s.sending.Store(false)
		answer = s.send(subject(n), text(n))
		return nil
	})
	select {
	case err := <-ended: // a panic
		return errors.Join(err, answer)
	case <-ctx.Done():
		return errors.New("does not answer")
	}
}

func (s *Service) send(subject, text string) error {
	params := types.Params{}
	params.SetTitle(subject)
	var problems []string
	for _, err := range s.router.Send(text, &params) {
		if errors.Is(err, errForbiddenAddress) {
			return &RefusedError{errForbiddenAddress.Error()}
		}
		if err != nil {
			problems = append(problems, strings.ReplaceAll(err.Error(), s.secret, "***"))
		}
	}
	if len(problems) > 0 {
		return errors.New(strings.Join(problems, "; "))
	}
	return nil
}
