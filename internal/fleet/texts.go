package fleet

import "sync"

// texts makes texts from outside harmless, and keeps those that come again and again.
type texts struct {
	mu    sync.Mutex
	known map[string]string
}

func newTexts() *texts { return &texts{known: map[string]string{}} }

func (t *texts) clean(s string) string {
	const few, most = 256, 1 << 16
	if len(s) > few {
		return text(s)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	out, ok := t.known[s]
	if !ok {
		if len(t.known) >= most {
			clear(t.known)
		}
		out = text(s)
		t.known[s] = out
	}
	return out
}
