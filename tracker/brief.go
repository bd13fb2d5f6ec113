package tracker

import (
	"slices"
	"unicode/utf8"
)

const (
	briefErrors = 20  // of the ring, in a brief state
	briefText   = 512 // bytes of a text of an error, in a brief state
)

// firstError returns the index of the first error of the ring that is written.
func (e *encoder) firstError(t *ErrorTracker) int {
	if e.brief {
		return max(t.errors.len()-briefErrors, 0)
	}
	return 0
}

// exemplars returns the exemplars of a group that are written.
func (e *encoder) exemplars(g *group) []*Failure {
	kept := g.kept()
	if e.brief && len(kept) > 2 {
		return []*Failure{kept[0], kept[len(kept)-1]}
	}
	return kept
}

// shortened returns a result as it is written.
func (e *encoder) shortened(r *Result) *Result {
	if !e.brief {
		return r
	}
	short := *r
	short.Message, short.Route, short.Error = shortText(r.Message), shortText(r.Route), shortText(r.Error)
	if r.Evidence != nil {
		short.Evidence = r.Evidence.shortened()
	}
	return &short
}

// shortened returns a copy whose texts are cut, and noted as cut.
func (v *Evidence) shortened() *Evidence {
	short := *v
	for _, text := range [...]*string{
		&short.Details, &short.Stack, &short.Host, &short.Upstream, &short.Line, &short.Request.URL, &short.Request.Body, &short.Body,
	} {
		if cut := shortText(*text); len(cut) < len(*text) {
			*text, short.Cut = cut, true
		}
	}
	short.BodyCut = short.BodyCut || len(short.Body) < len(v.Body)
	const most = 8
	if len(short.Errors) > most {
		short.Errors, short.Cut = short.Errors[:most], true
	}
	short.Errors = slices.Clone(short.Errors)
	for i, text := range short.Errors {
		short.Errors[i] = shortText(text)
	}
	short.Headers, short.Request.Headers = shortHeaders(short.Headers), shortHeaders(short.Request.Headers)
	return &short
}

func shortHeaders(headers []Header) []Header {
	const most = 16
	headers = slices.Clone(headers[:min(len(headers), most)])
	for i := range headers {
		headers[i].Name, headers[i].Value = shortText(headers[i].Name), shortText(headers[i].Value)
	}
	return headers
}

// shortText cuts a text at the last whole character within briefText bytes.
func shortText(s string) string {
	if len(s) <= briefText {
		return s
	}
	n := briefText
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
