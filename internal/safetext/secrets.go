package safetext

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Lookahead is how many bytes behind a bound are looked at, so that a secret which the bound cuts is still known to be one.
// Who keeps only the start of a text for later keeps this much more of it.
const Lookahead = maxURL + 64

// MaskSecrets replaces by [Mask] what is a secret in a text: the value under a [SecretName] (in headers, queries, forms, JSON,
// XML, command lines and sentences), the user and the query of URLs, every cookie, credentials behind "Bearer" and "Basic", tokens of
// well-known shapes, private keys, and tokens in paths ("/reset/TOKEN"). They are found behind percent signs, backslashes, HTML entities,
// base64, hexadecimal and colours too. Names, and what surrounds them, stay.
//
// A text without a secret is returned as it is, without an allocation.
func MaskSecrets(s string) string {
	spans := secretsIn(s)
	if len(spans) == 0 {
		return s
	}
	return replace(s, spans, len(s))
}

// ReplaceSecrets is [MaskSecrets] with another text in the place of each secret.
func ReplaceSecrets(s string, with func(secret string) string) string {
	var b strings.Builder
	done := 0
	for _, p := range secretsIn(s) {
		b.WriteString(s[done:p.lo])
		b.WriteString(with(s[p.lo:p.hi]))
		done = p.hi
	}
	return b.String() + s[done:]
}

// MaskedLine returns the start of s as one harmless line without secrets, of at most limit bytes. Secrets are masked before
// anything is cut. Of s no more than limit + [Lookahead] bytes matter.
func MaskedLine(s string, limit int) string { return masked(s, limit, false, Known{}) }

// MaskedBlock is [MaskedLine] for text of several lines.
func MaskedBlock(s string, limit int) string { return masked(s, limit, true, Known{}) }

func masked(s string, limit int, block bool, known Known) string {
	if len(s) > limit+Lookahead {
		s = Cut(s, limit+Lookahead)
	}
	s = clean(s, block)
	spans := secretsIn(s)
	if own := known.find(s); len(own) > 0 {
		spans = apart(append(spans, own...))
	}
	if len(spans) > 0 {
		s = replace(s, spans, limit)
	}
	if len(s) > limit {
		s = strings.Clone(Cut(s, limit)) // so that what is kept does not keep the rest
	}
	return s
}

// secretsIn returns where s holds secrets, in order and apart from each other.
func secretsIn(s string) []span {
	f := finder{s: s}
	f.all()
	return apart(f.spans)
}

// apart sorts spans and joins those that touch.
func apart(spans []span) []span {
	if len(spans) < 2 {
		return spans
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.lo, b.lo) })
	joined := spans[:1]
	for _, next := range spans[1:] {
		if last := &joined[len(joined)-1]; next.lo <= last.hi {
			last.hi = max(last.hi, next.hi)
			continue
		}
		joined = append(joined, next)
	}
	return joined
}

// all finds the secrets in the text as it is, and in what it stands for where parts of it are encoded.
func (f *finder) all() {
	f.scan()
	if !f.codes && strings.IndexByte(f.s, 0x9b) < 0 && !holdsWideSigns(f.s) && (len(f.spans) == 0 || !strings.ContainsAny(f.s, codeBytes)) {
		return
	}
	eachLayer(f.s, true, func(v view) {
		layer := finder{s: v.text, depth: f.depth}
		layer.scan()
		for _, found := range layer.spans {
			f.hide(int(v.at[found.lo]), int(v.at[found.hi]))
		}
	})
}

// holdsWideSigns reports whether the signs between a name and its value may be those of East Asian keyboards, or the blank that does not break.
func holdsWideSigns(s string) bool {
	return strings.Contains(s, "\u00a0") || strings.Contains(s, "：") || strings.Contains(s, "＝")
}

// replace returns s up to limit, with a mask in the place of each span that starts before it.
func replace(s string, spans []span, limit int) string {
	end := len(Cut(s, limit))
	var b strings.Builder
	b.Grow(min(limit, len(s)+len(spans)*len(Mask)))
	done := 0
	for _, p := range spans {
		if p.lo >= end {
			break
		}
		b.WriteString(s[done:p.lo])
		b.WriteString(Mask)
		done = p.hi
	}
	if done < end {
		b.WriteString(s[done:end])
	}
	return b.String()
}

// Cut returns the start of s of at most limit bytes, not ending within a character.
func Cut[T string | []byte](s T, limit int) T {
	if len(s) <= limit {
		return s
	}
	end := max(limit, 0)
	for end > limit-utf8.UTFMax && end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}
