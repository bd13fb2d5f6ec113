package notify

import (
	"context"
	"errors"
	"strings"

	"github.com/nicholas-fedor/shoutrrr"
	"github.com/nicholas-fedor/shoutrrr/pkg/router"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"

	"errtop/internal/alert"
)

// Service tells one of the services that shoutrrr knows, by its URL: slack://, discord://, teams://, pagerduty://, opsgenie://,
// smtp://, ntfy:// and more (https://shoutrrr.nickfedor.com).
type Service struct {
	router *router.ServiceRouter
	secret string
}

// NewService returns a sender for a service's URL. The error does not repeat the URL, which holds a secret.
func NewService(rawURL string) (*Service, error) {
	scheme, _, ok := strings.Cut(rawURL, "://")
	if !ok {
		return nil, errors.New("expected a URL of a service, as slack://…")
	}
	r, err := shoutrrr.CreateSender(rawURL)
	if err != nil {
		return nil, errors.New(scheme + ": " + strings.ReplaceAll(err.Error(), rawURL, scheme+"://***"))
	}
	return &Service{r, rawURL}, nil
}

// Send tells the service.
func (s *Service) Send(_ context.Context, n *alert.Notification) error {
	params := types.Params{}
	params.SetTitle(subject(n))
	var problems []string
	for _, err := range s.router.Send(text(n), &params) {
		if err != nil {
			problems = append(problems, strings.ReplaceAll(err.Error(), s.secret, "***"))
		}
	}
	if len(problems) > 0 {
		return errors.New(strings.Join(problems, "; "))
	}
	return nil
}
