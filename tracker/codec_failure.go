package tracker

import (
	"encoding/binary"
	"math"
)

// failureTable is the errors that a state refers to, each written once however many keep it.
type failureTable struct {
	known map[*Failure]uint64
	list  []*Failure

	knownLabels map[*Labels]uint64
	labels      []*Labels
}

// failure writes a reference to an error.
func (e *encoder) failure(f *Failure) {
	n, ok := e.failures.known[f]
	if !ok {
		n = uint64(len(e.failures.list))
		e.failures.list = append(e.failures.list, f)
		e.failures.known[f] = n
	}
	e.uint(n)
}

func (d *decoder) failure(failures []*Failure) *Failure {
	n := d.below(max(uint64(len(failures)), 1), "error")
	if n >= uint64(len(failures)) {
		d.fail("error %d, of none", n)
		return nil
	}
	return failures[n]
}

// failureTable writes the errors that were referred to.
func (e *encoder) failureTable() {
	e.uint(uint64(len(e.failures.list)))
	for _, f := range e.failures.list {
		e.block(func() {
			e.uint(f.Seq)
			e.uint(f.Group)
			e.result(e.shortened(&f.Result))
		})
	}
}

func (d *decoder) failureTable(labels []*Labels) (failures []*Failure) {
	d.list(func(d *decoder) {
		f := &Failure{Seq: d.uint(), Group: d.uint()}
		d.result(&f.Result, labels)
		failures = append(failures, f)
	})
	return failures
}

func (e *encoder) result(r *Result) {
	e.time(r.Time)
	e.text(r.Target)
	e.text(r.Source)
	e.text(r.Method)
	e.text(r.Route)
	e.duration(r.Latency)
	e.outcome(r.Outcome())
	e.uint(uint64(r.Origin))
	e.uint(uint64(r.Breaker))
	e.bool(r.Inconclusive)
	e.text(r.Error)
	e.text(r.Message)
	e.text(r.RequestID)
	e.time(r.ResetAt)
	e.labelsOf(r)
	e.bool(r.Evidence != nil)
	if r.Evidence != nil {
		e.block(func() { e.evidence(r.Evidence) })
	}
}

func (d *decoder) result(r *Result, labels []*Labels) {
	r.Time = d.time()
	r.Target, r.Source, r.Method, r.Route = d.text(), d.text(), d.text(), d.text()
	r.Latency = d.duration()
	outcome := d.outcome()
	r.Kind, r.Status = outcome.Kind, outcome.Status
	r.Origin, r.Breaker, r.Inconclusive = Origin(d.byte(originCount, "origin")), BreakerState(d.byte(256, "state of a breaker")), d.bool()
	r.Error, r.Message, r.RequestID = d.text(), d.text(), d.text()
	r.ResetAt = d.time()
	if n := d.below(uint64(len(labels))+1, "labels"); n > 0 {
		r.Labels = labels[n-1]
	}
	if d.bool() {
		r.Evidence = &Evidence{}
		inner := d.block()
		inner.evidence(r.Evidence)
	}
}

// labelsOf writes a reference to a result's labels; 0 is none.
func (e *encoder) labelsOf(r *Result) {
	if r.Labels == nil {
		e.uint(0)
		return
	}
	n, ok := e.failures.knownLabels[r.Labels]
	if !ok {
		e.failures.labels = append(e.failures.labels, r.Labels)
		n = uint64(len(e.failures.labels))
		e.failures.knownLabels[r.Labels] = n
	}
	e.uint(n)
}

// labelTable writes the labels that were referred to: results that share them share them again.
func (e *encoder) labelTable() {
	e.uint(uint64(len(e.failures.labels)))
	for _, labels := range e.failures.labels {
		e.block(func() {
			for _, l := range *labels {
				e.text(l.Name)
				e.text(l.Value)
			}
		})
	}
}

func (d *decoder) labelTable() (list []*Labels) {
	d.list(func(d *decoder) {
		labels := &Labels{}
		for d.more() {
			*labels = append(*labels, Label{Name: d.text(), Value: d.text()})
		}
		list = append(list, labels)
	})
	return list
}

func (e *encoder) evidence(v *Evidence) {
	e.texts(v.Errors)
	for _, s := range [...]string{v.Details, v.Stack, v.Level, v.Host, v.Upstream, v.Line} {
		e.text(s)
	}
	e.text(v.Request.Method)
	e.text(v.Request.URL)
	e.headers(v.Request.Headers)
	e.text(v.Request.Body)
	p := &v.Phases
	e.duration(p.DNS)
	e.duration(p.Connect)
	e.duration(p.TLS)
	e.duration(p.FirstByte)
	e.duration(p.Body)
	e.text(v.RemoteAddr)
	e.text(v.Proto)
	e.text(v.TLSVersion)
	e.time(v.CertExpiry)
	e.headers(v.Headers)
	e.text(v.Body)
	e.bool(v.BodyCut)
	e.int(int64(v.Attempt))
	e.int(int64(v.Attempts))
	e.bool(v.Cut)
}

func (d *decoder) evidence(v *Evidence) {
	v.Errors = d.texts()
	for _, s := range [...]*string{&v.Details, &v.Stack, &v.Level, &v.Host, &v.Upstream, &v.Line} {
		*s = d.text()
	}
	v.Request.Method, v.Request.URL, v.Request.Headers, v.Request.Body = d.text(), d.text(), d.headers(), d.text()
	v.Phases = Phases{DNS: d.duration(), Connect: d.duration(), TLS: d.duration(), FirstByte: d.duration(), Body: d.duration()}
	v.RemoteAddr, v.Proto, v.TLSVersion, v.CertExpiry = d.text(), d.text(), d.text(), d.time()
	v.Headers, v.Body, v.BodyCut = d.headers(), d.text(), d.bool()
	v.Attempt, v.Attempts = int(d.int()), int(d.int())
	v.Cut = d.bool()
}

// texts writes a list of strings; the list that is nil and the empty one are told apart.
func (e *encoder) texts(list []string) {
	if list == nil {
		e.uint(0)
		return
	}
	e.uint(uint64(len(list)) + 1)
	for _, s := range list {
		e.text(s)
	}
}

func (d *decoder) texts() (list []string) {
	n, there := d.items()
	if there {
		list = make([]string, n)
	}
	for i := range list {
		list[i] = d.text()
	}
	return list
}

func (e *encoder) headers(list []Header) {
	if list == nil {
		e.uint(0)
		return
	}
	e.uint(uint64(len(list)) + 1)
	for _, h := range list {
		e.text(h.Name)
		e.text(h.Value)
	}
}

func (d *decoder) headers() (list []Header) {
	n, there := d.items()
	if there {
		list = make([]Header, n)
	}
	for i := range list {
		list[i] = Header{Name: d.text(), Value: d.text()}
	}
	return list
}

// items reads the length of a list of strings, which take a byte each at least, and whether there is a list.
func (d *decoder) items() (n uint64, there bool) {
	if n = d.uint(); n == 0 {
		return 0, false
	}
	if n--; n > uint64(len(d.b)) {
		d.fail("a list of %d in %d bytes", n, len(d.b))
		return 0, false
	}
	return n, true
}

func (e *encoder) float(f float64) { e.b = binary.LittleEndian.AppendUint64(e.b, math.Float64bits(f)) }

func (d *decoder) float() float64 {
	if len(d.b) < 8 {
		if len(d.b) > 0 {
			d.fail("a number ends early")
		}
		return 0
	}
	f := math.Float64frombits(binary.LittleEndian.Uint64(d.b))
	d.b = d.b[8:]
	if math.IsNaN(f) || math.IsInf(f, 0) {
		d.fail("%g where a number is due", f)
		return 0
	}
	return f
}
