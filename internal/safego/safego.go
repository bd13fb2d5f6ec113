// Package safego starts goroutines whose panics do not end the process.
//
// A panic in a goroutine of a full-screen program would leave the terminal in raw mode with the trace drawn into the
// picture. A [Group] turns it into a [PanicError] that cancels the group's context and comes out of Wait, so that whoever
// owns the terminal can restore it first and print the trace after. Every goroutine of errtop runs in a Group.
package safego

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"golang.org/x/sync/errgroup"
)

// PanicError is a panic that was caught, with the stack of the goroutine that panicked.
type PanicError struct {
	Value any
	Stack []byte
}

// Error returns "panic: " and the value; the stack is apart.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Group runs goroutines and waits for them. The first error or panic cancels the context that [WithContext] returned.
type Group struct {
	group *errgroup.Group
	ctx   context.Context //nolint:containedctx // the one that WithContext returned
}

// WithContext returns a group and the context that its goroutines end with.
func WithContext(ctx context.Context) (*Group, context.Context) {
	group, ctx := errgroup.WithContext(ctx)
	return &Group{group, ctx}, ctx
}

// Go runs f in a goroutine of the group.
func (g *Group) Go(f func() error) {
	g.group.Go(func() error { return Catch(f) })
}

// SetLimit bounds how many goroutines run at once; Go then waits for a place. It must be called before the first Go.
func (g *Group) SetLimit(n int) { g.group.SetLimit(n) }

// TryGo is [Group.Go] where a place is free; it reports whether it started f.
func (g *Group) TryGo(f func() error) bool {
	return g.group.TryGo(func() error { return Catch(f) })
}

// Wait returns after every goroutine has ended, with the first error.
func (g *Group) Wait() error { return g.group.Wait() } //nolint:wrapcheck // it is the error of one of our own functions

// WaitAtMost is [Group.Wait], but gives up on goroutines that are still running that long after the group's context was
// done; ended reports whether there were none. The error is then why the context was done, where one of the group's own
// goroutines failed.
func (g *Group) WaitAtMost(timeout time.Duration) (ended bool, err error) {
	done := Start(g.Wait)
	select {
	case err := <-done:
		return true, err
	case <-g.ctx.Done():
	}
	late := time.NewTimer(timeout)
	defer late.Stop()
	select {
	case err := <-done:
		return true, err
	case <-late.C:
		if cause := context.Cause(g.ctx); !errors.Is(cause, context.Canceled) && !errors.Is(cause, context.DeadlineExceeded) {
			return false, cause //nolint:wrapcheck // it is the error of one of our own functions
		}
		return false, nil
	}
}

// Start runs f in a goroutine of its own, for a caller that may not be able to wait for its end. The channel receives f's
// error once, or a [PanicError] where it panicked; nobody needs to read it.
func Start(f func() error) <-chan error {
	ended := make(chan error, 1)
	go func() { ended <- Catch(f) }()
	return ended
}

// Catch calls f and returns its error, or a [PanicError] where it panicked.
func Catch(f func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			if panicked, ok := value.(*PanicError); ok {
				err = panicked
				return
			}
			err = &PanicError{Value: value, Stack: debug.Stack()}
		}
	}()
	return f()
}
