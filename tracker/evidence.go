package tracker

import (
	"cmp"
	"slices"
	"unsafe"
)

// EvidenceUse says what the errors that are kept with their evidence take: those of the ring, and the exemplars of groups. An
// error that both keep counts twice.
type EvidenceUse struct {
	Bytes  uint64 // taken
	Budget uint64 // Settings.EvidenceBytes
	Cut    uint64 // errors whose evidence was cut to stay within the budget, in all; see Evidence.Cut
}

// One error may have a 256th of the budget, or 32 KB where that is more.
const (
	oneOfMany  = 256
	leastOfOne = 32 << 10
)

const (
	failureSize  = int(unsafe.Sizeof(Failure{}))
	evidenceSize = int(unsafe.Sizeof(Evidence{}))
	headerPair   = int(unsafe.Sizeof(Header{}))
	textSize     = int(unsafe.Sizeof(""))
)

// size returns about how many bytes an error takes. Texts that most errors share (names, routes) do not count.
func (f *Failure) size() int {
	n := failureSize + len(f.Message) + len(f.RequestID)
	if v := f.Evidence; v != nil {
		n += evidenceSize + len(v.Request.URL) + v.long()
	}
	return n
}

// long returns how many bytes of it can be cut.
func (v *Evidence) long() int {
	n := len(v.Details) + len(v.Stack) + len(v.Line) + len(v.Request.Body) + len(v.Body) + headersSize(v.Headers) + headersSize(v.Request.Headers)
	for _, e := range v.Errors {
		n += textSize + len(e)
	}
	return n
}

func headersSize(list []Header) (n int) {
	for _, h := range list {
		n += headerPair + len(h.Name) + len(h.Value)
	}
	return n
}

// cutTo returns the error with at most so many bytes of evidence, what says least first: headers, bodies, details, the log
// line, the stack. It is the error itself where that is small enough.
func (f *Failure) cutTo(limit int) *Failure {
	over := f.size() - limit
	if over <= 0 || f.Evidence == nil || f.Evidence.long() == 0 {
		return f
	}
	out, v := *f, *f.Evidence
	out.Evidence = &v
	v.Headers = cutHeaders(v.Headers, &over)
	v.Request.Headers = cutHeaders(v.Request.Headers, &over)
	v.Errors = cutList(v.Errors, &over)
	bodyCut := over
	cutText(&v.Body, &over)
	v.BodyCut = v.BodyCut || over < bodyCut
	for _, text := range [...]*string{&v.Request.Body, &v.Details, &v.Line, &v.Stack} {
		cutText(text, &over)
	}
	v.Cut = true
	return &out
}

func cutText(text *string, over *int) {
	if *over <= 0 || *text == "" {
		return
	}
	kept := string(cutRune([]byte((*text)[:max(len(*text)-*over, 0)]))) // a copy: a piece would hold on to the whole
	*over -= len(*text) - len(kept)
	*text = kept
}

func cutHeaders(list []Header, over *int) []Header {
	n := len(list)
	for n > 0 && *over > 0 {
		n--
		*over -= headerPair + len(list[n].Name) + len(list[n].Value)
	}
	if n == len(list) {
		return list
	}
	return slices.Clone(list[:n])
}

func cutList(list []string, over *int) []string {
	n := len(list)
	for n > 0 && *over > 0 {
		n--
		*over -= textSize + len(list[n])
	}
	if n == len(list) {
		return list
	}
	return slices.Clone(list[:n])
}

// evidence is how many bytes the kept errors take.
type evidence struct {
	budget, used int
	cut          uint64
}

// swap notes that an error is kept, and another no longer; either may be nil.
func (v *evidence) swap(in, out *Failure) {
	if in != nil {
		v.used += in.size()
	}
	if out != nil {
		v.used -= out.size()
	}
}

// admit returns an error with no more evidence than one may have.
func (v *evidence) admit(f *Failure) *Failure {
	small := f.cutTo(max(v.budget/oneOfMany, leastOfOne))
	if small != f {
		v.cut++
	}
	return small
}

// countEvidence counts what all kept errors take.
func (t *ErrorTracker) countEvidence() {
	t.evidence.used = 0
	for i := range t.errors.len() {
		t.evidence.swap(t.errors.at(i), nil)
	}
	for _, g := range t.groups {
		g.release(&t.evidence, true)
	}
}

// release counts what a group's exemplars take, in or out.
func (g *group) release(v *evidence, in bool) {
	for _, f := range g.kept() {
		if in {
			v.swap(f, nil)
		} else {
			v.swap(nil, f)
		}
	}
}

// shed cuts the evidence of errors until a part of the budget is free again, the least important first: exemplars between the
// first and the newest of their group, then the first, then the ring's from the oldest on, and last the newest exemplars; of
// groups those that have been silent for longest first. Where that is not enough the exemplars in between go altogether. What is cut keeps its message, its request and where it came from.
func (t *ErrorTracker) shed() {
	const afterwards = 4 // one part in so many is free
	if t.evidence.used <= t.evidence.budget {
		return
	}
	enough := t.evidence.budget - t.evidence.budget/afterwards
	newest := func(g *group) int { return (g.next + len(g.newest) - 1) % max(len(g.newest), 1) }
	groups := make([]*group, 0, len(t.groups))
	for _, g := range t.groups {
		groups = append(groups, g)
	}
	slices.SortFunc(groups, func(a, b *group) int {
		return cmp.Or(cmp.Compare(a.last, b.last), cmp.Compare(a.oldest.Seq, b.oldest.Seq))
	})
	each := func(cut func(*group)) {
		for _, g := range groups {
			if t.evidence.used <= enough {
				return
			}
			cut(g)
		}
	}
	each(func(g *group) {
		for i := range g.newest {
			if i != newest(g) {
				t.strip(g, &g.newest[i])
			}
		}
	})
	each(func(g *group) {
		if len(g.newest) > 0 { // else it is the newest as well
			t.strip(g, &g.oldest)
		}
	})
	for i := 0; i < t.errors.len() && t.evidence.used > enough; i++ {
		t.errors.replace(i, func(f *Failure) *Failure { return t.bare(f) })
	}
	each(func(g *group) {
		if len(g.newest) == 0 {
			t.strip(g, &g.oldest)
			return
		}
		t.strip(g, &g.newest[newest(g)])
	})
	each(func(g *group) { t.thin(g) })
}

// thin drops the exemplars between the first and the newest.
func (t *ErrorTracker) thin(g *group) {
	if len(g.newest) < 2 {
		return
	}
	kept := g.kept()
	for _, f := range kept[1 : len(kept)-1] {
		t.evidence.swap(nil, f)
	}
	g.newest, g.next = []*Failure{kept[len(kept)-1]}, 0
	g.dirty, t.view.groupsDirty = true, true
}

// strip cuts all of an exemplar's evidence that can be cut.
func (t *ErrorTracker) strip(g *group, f **Failure) {
	if small := t.bare(*f); small != *f {
		*f = small
		g.dirty, t.view.groupsDirty = true, true
	}
}

func (t *ErrorTracker) bare(f *Failure) *Failure {
	small := f.cutTo(0)
	if small != f {
		if !f.Evidence.Cut {
			t.evidence.cut++
		}
		t.evidence.swap(small, f)
	}
	return small
}
