package cli

import (
	"slices"
	"sync"
	"time"
)

// notices hands each notice to every viewer. The zero value is ready; publishing never waits for a viewer.
type notices struct {
	mu      sync.Mutex
	viewers []chan string
	recent  []dated // for a viewer that comes a moment later
}

type dated struct {
	at   time.Time
	text string
}

const (
	noticesKept = 16          // of one viewer that does not read; the picture says the same
	noticeFresh = time.Minute // younger ones are told to a viewer that has just come
)

// publish hands a notice to every viewer; one who has too many waiting misses it.
func (n *notices) publish(now time.Time, text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.recent = append(n.recent, dated{now, text})
	if len(n.recent) > noticesKept {
		n.recent = slices.Delete(n.recent, 0, 1)
	}
	for _, viewer := range n.viewers {
		select {
		case viewer <- text:
		default:
		}
	}
}

// subscribe returns the notices from now on and those of the last minute, until stop is called.
func (n *notices) subscribe(now time.Time) (<-chan string, func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	viewer := make(chan string, noticesKept)
	for _, notice := range n.recent {
		if now.Sub(notice.at) < noticeFresh {
			viewer <- notice.text
		}
	}
	n.viewers = append(n.viewers, viewer)
	return viewer, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.viewers = slices.DeleteFunc(n.viewers, func(v chan string) bool { return v == viewer })
	}
}
