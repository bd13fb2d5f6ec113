package logline

import (
	"bytes"
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"
)

const (
	maxReasons    = 50_000 // that are kept; the oldest go first
	reasonSlack   = 1      // seconds by which the clocks of the two logs may differ
	reasonTimeout = 75     // seconds from the error to the end of a request whose duration is not logged: nginx waits for 60
	quarterHour   = 900    // zones differ by whole quarters of an hour,
	maxZone       = 14 * 3600
	maxRetries    = 64 // lines about one request that are looked through
)

// Reasons are what error logs say about why requests failed, kept for the access lines that count these requests, in the same log or
// in another one that is read with it. It is safe for concurrent use.
type Reasons struct {
	some    atomic.Bool // an error log is read
	counted atomic.Bool // results were read by the caller that shares them

	mu        sync.Mutex
	seed      maphash.Seed
	byRequest map[uint64][]*reason // by method, path and client, in the order they came
	order     []*reason            // all of them
}

// reason is why a request failed, as one line of an error log says.
type reason struct {
	request             uint64
	sec                 int64
	zoned               bool // sec is not off by a zone that nothing named
	taken               bool
	connection, client  string
	path, id            string
	message, upstreamIs string
}

// NewReasons returns an empty store.
func NewReasons() *Reasons {
	return &Reasons{seed: maphash.MakeSeed(), byRequest: map[uint64][]*reason{}}
}

// Clone returns a copy that knows what s knows.
func (s *Reasons) Clone() *Reasons {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &Reasons{seed: s.seed, byRequest: map[uint64][]*reason{}}
	c.some.Store(s.some.Load())
	c.counted.Store(s.counted.Load())
	for _, why := range s.order {
		if !why.taken {
			own := *why
			c.order = append(c.order, &own)
			c.byRequest[own.request] = append(c.byRequest[own.request], &own)
		}
	}
	return c
}

// Share makes d tell and ask these reasons instead of its own: those of other logs that are read with d's.
func (d *Decoder) Share(reasons *Reasons) { d.reasons, d.shared = reasons, true }

// Count notes that a log that shares the reasons has results.
func (s *Reasons) Count() { s.counted.Store(true) }

// Counted reports whether a log that shares the reasons has results: then an error log beside it is not a mistake.
func (s *Reasons) Counted() bool { return s.counted.Load() }

// Expect notes that an error log is read.
func (s *Reasons) Expect() { s.some.Store(true) }

// Any reports whether an error log is read, as far as anybody knows.
func (s *Reasons) Any() bool { return s.some.Load() }

// requestOf returns a hash of a method, a path without its query, and a client.
func (s *Reasons) requestOf(method, path, client []byte) uint64 {
	path, _, _ = bytes.Cut(path, []byte{'?'})
	var h maphash.Hash
	h.SetSeed(s.seed)
	_, _ = h.Write(method) // never fails
	_ = h.WriteByte(' ')
	_, _ = h.Write(path) // never fails
	_ = h.WriteByte(' ')
	_, _ = h.Write(client) // never fails
	return h.Sum64()
}

// add keeps a reason.
func (s *Reasons) add(why *reason) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.some.Store(true)
	s.byRequest[why.request] = append(s.byRequest[why.request], why)
	s.order = append(s.order, why)
	if len(s.order) < 2*maxReasons {
		return
	}
	for _, old := range s.order[:len(s.order)-maxReasons] {
		s.remove(old)
	}
	s.order = slices.Clone(s.order[len(s.order)-maxReasons:])
}

// remove lets a reason go.
func (s *Reasons) remove(why *reason) {
	if why.taken {
		return
	}
	why.taken = true
	list := s.byRequest[why.request]
	if i := slices.Index(list, why); i >= 0 {
		list = slices.Delete(list, i, i+1)
	}
	if s.byRequest[why.request] = list; len(list) == 0 {
		delete(s.byRequest, why.request)
	}
}

// find returns why the request of a record failed, or nil if nothing tells. Of several upstreams that were tried in turn it is the
// last one. With take it is reported only once.
func (s *Reasons) find(r *Record, take bool) *reason {
	if !r.Has(FieldMethod) || !r.Has(FieldPath) || !r.HasTime {
		return nil
	}
	method, path := r.Text(FieldMethod), r.Text(FieldPath)
	s.mu.Lock()
	defer s.mu.Unlock()
	for client := range addresses(r.line) {
		key := s.requestOf(method, path, client)
		if list := s.byRequest[key]; len(list) > 0 {
			if why := s.ofRequest(list, r, path, take); why != nil {
				return why
			}
		}
	}
	return nil
}

// ofRequest returns the one of a request's reasons that was told while it was under way.
func (s *Reasons) ofRequest(list []*reason, r *Record, path []byte, take bool) (found *reason) {
	id := r.Text(FieldRequestID)
	whole := bytes.IndexByte(path, '?') >= 0 || r.line[0] != '{' // nginx's $uri has no query
	tried := make([]*reason, 0, 4)
	for i, why := range list {
		if found != nil && i >= maxRetries {
			break
		}
		switch {
		case id != nil && why.id != "" && why.id != string(id), whole && why.path != string(path), !why.near(r):
			if why.zoned && r.Sec-why.sec > 2*reasonTimeout {
				tried = append(tried, why) // no later line can match it
			}
		case found == nil, why.connection == found.connection:
			found = why
			tried = append(tried, why)
		}
	}
	if take {
		for _, why := range tried {
			s.remove(why)
		}
	}
	return found
}

// addresses yields what may be addresses in a line.
func addresses(line []byte) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for i := 0; i < len(line); i++ {
			start, marks := i, 0
			for i < len(line) && isAddressByte(line[i]) {
				if line[i] == '.' || line[i] == ':' {
					marks++
				}
				i++
			}
			if marks < 2 {
				continue
			}
			address := bytes.TrimRight(line[start:i], ":")
			if bytes.IndexByte(address, '.') >= 0 { // with a port
				address, _, _ = bytes.Cut(address, []byte{':'})
			}
			if !yield(address) {
				return
			}
		}
	}
}

// isAddressByte reports whether c may be part of an IP address.
func isAddressByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' || c == '.' || c == ':'
}

// near reports whether the reason was told while the request of a record was under way.
func (why *reason) near(r *Record) bool {
	longest := int64(reasonTimeout)
	if r.Latency > 1 {
		longest = int64(r.Latency.Seconds()) + 1
	}
	gap := r.Sec - why.sec // an access line is written when the request ends
	if !why.zoned {
		if off := (gap + maxZone + reasonSlack) / quarterHour * quarterHour; off >= 0 && off <= 2*maxZone {
			gap = gap + maxZone - off
		}
	}
	return gap >= -reasonSlack && gap <= longest+reasonSlack
}
