package cli

import (
	"context"
	"errors"
	"os"

	"github.com/charmbracelet/x/term"

	"errtop/internal/notify"
	"errtop/tui"
)

// pagesTo hands pages to the dashboard that reads them from a channel.
func pagesTo(pages chan<- tui.Page) notify.ShowPage {
	return func(ctx context.Context, p notify.Page) error {
		select {
		case pages <- tui.Page(p):
			return nil
		case <-ctx.Done():
			return errors.New("the dashboard takes nothing: its terminal does not read")
		}
	}
}

// showPage tells the terminal that a command was started on.
func (a *app) showPage(_ context.Context, p notify.Page) error {
	if !term.IsTerminal(a.Out.Fd()) {
		return &notify.RefusedError{Why: "standard output is not a terminal"}
	}
	return a.print(tui.Attention(os.Environ(), "errtop: "+p.Text))
}
