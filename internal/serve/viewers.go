package serve

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Viewers are those who look at a running errtop at the moment. The zero value has room for nobody; see [NewViewers].
type Viewers struct {
	most int

	mu   sync.Mutex
	list []*Viewer
}

// NewViewers returns room for so many viewers at once.
func NewViewers(most int) *Viewers { return &Viewers{most: most} }

// Looker is a connected viewer: who it is and since when.
type Looker struct {
	Name   string
	From   string // address, or "this machine"
	Access Access
	Since  time.Time
	W, H   int
}

var errFull = errors.New("too many are looking already")

// enter adds a viewer until leave is called.
func (v *Viewers) enter(viewer *Viewer) (leave func(), err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.list) >= v.most {
		return nil, fmt.Errorf("%w: %d", errFull, len(v.list))
	}
	v.list = append(v.list, viewer)
	return func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.list = slices.DeleteFunc(v.list, func(other *Viewer) bool { return other == viewer })
	}, nil
}

// Count returns how many look.
func (v *Viewers) Count() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.list)
}

// List returns the connected viewers, the longest connected first.
func (v *Viewers) List() []Looker {
	v.mu.Lock()
	defer v.mu.Unlock()
	lookers := make([]Looker, len(v.list))
	for i, viewer := range v.list {
		lookers[i] = Looker{Name: viewer.Name, From: viewer.From, Access: viewer.Access, Since: viewer.since}
		lookers[i].W, lookers[i].H = viewer.Size()
	}
	return lookers
}
