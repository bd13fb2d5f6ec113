package notify

import (
	"context"

	"errtop/internal/alert"
)

// Page is a notification as a terminal shows it.
type Page struct {
	Text string // "FIRING: billing: connection refused"; of any origin
	Over bool   // it says that something is over
}

// ShowPage hands a page to whoever looks at a screen. It waits until somebody took it or ctx is done.
type ShowPage func(ctx context.Context, p Page) error

// Terminal tells whoever looks at the dashboard, through the terminal that it is drawn on.
type Terminal struct{ show ShowPage }

// NewTerminal returns a sender that hands notifications to a screen.
func NewTerminal(show ShowPage) *Terminal { return &Terminal{show} }

// Send shows the notification. It was taken when the screen took it.
func (t *Terminal) Send(ctx context.Context, n *alert.Notification) error {
	return t.show(ctx, Page{Text: subject(n), Over: n.Reason == alert.ReasonResolved})
}
