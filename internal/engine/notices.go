package engine

import (
	"slices"
	"sync"
)

const (
	noticesKept    = 5  // for viewers that come later
	noticesWaiting = 64 // for one viewer; more push out its oldest
)

// notices hands every notice to every viewer. Nothing waits for a viewer. The zero value is ready.
type notices struct {
	mu      sync.Mutex
	newest  []string
	viewers map[chan string]struct{}
}

// Notices returns a channel of what viewers should be told in words: what was read again, what a library complained about.
// Each viewer gets every notice, and first the last few that were there before it came. A viewer that does not read loses the
// oldest beyond 64. Call stop when done; the channel is not closed.
func (e *Engine) Notices() (c <-chan string, stop func()) { return e.notices.subscribe() }

// Notice tells every viewer something, the secrets of the settings masked. The text may be of any origin: viewers make it harmless
// when they draw it.
func (e *Engine) Notice(text string) { e.notices.add(e.mask(text)) }

// mask masks the secrets of the settings, of those at the start and of those that were read since.
func (e *Engine) mask(text string) string {
	text = e.options.Settings.Known().Mask(text)
	if fresh := e.reloading.settings.Load(); fresh != nil {
		text = fresh.Known().Mask(text)
	}
	return text
}

// line returns a text as one harmless line of at most so many bytes, masked.
func (e *Engine) line(text string, most int) string {
	return e.options.Settings.Known().Line(e.mask(text), most)
}

func (n *notices) add(text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.newest = append(n.newest, text); len(n.newest) > noticesKept {
		n.newest = slices.Delete(n.newest, 0, 1)
	}
	for viewer := range n.viewers {
		select {
		case viewer <- text:
			continue
		default:
		}
		select { // the viewer may have made room meanwhile
		case <-viewer:
		default:
		}
		viewer <- text // only add sends, and under the lock, so there is room
	}
}

func (n *notices) subscribe() (<-chan string, func()) {
	viewer := make(chan string, noticesWaiting)
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, text := range n.newest {
		viewer <- text
	}
	if n.viewers == nil {
		n.viewers = map[chan string]struct{}{}
	}
	n.viewers[viewer] = struct{}{}
	return viewer, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.viewers, viewer)
	}
}
