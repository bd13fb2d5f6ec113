package probe

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"errtop/tracker"
)

// maxEncodings is how many layers of compression are taken off an answer. Servers use one; two are a mistake that happens.
const maxEncodings = 3

// read reads the body: to its end where that is near, so that a body cut short is noticed and a kept connection can be used
// again, and never more than bodyMax, neither of what was sent nor of what it unpacks to.
func (r *run) read(resp *http.Response) error {
	hold := int64(bodyHeld)
	if len(r.plan.expect) > 0 {
		hold = bodyMax
	}
	sent := &wire{from: resp.Body, left: bodyMax + 1}
	var body io.Reader = sent
	unpacks := false
	encodings := contentEncodings(resp.Header)
	if unknown := slices.IndexFunc(encodings, func(e string) bool { return decoders[e] == nil }); unknown >= 0 {
		defer func() {
			if len(r.body) > 0 {
				r.notes = append(r.notes, "the body is "+encodings[unknown]+"-encoded and was not unpacked")
			}
		}()
	} else if len(encodings) > 0 {
		body, unpacks = &unpacker{from: sent, encodings: encodings}, true
	}
	var err error
	r.body, err = io.ReadAll(io.LimitReader(body, hold))
	got := int64(len(r.body))
	if err == nil && got == hold {
		var rest int64
		rest, err = io.Copy(io.Discard, io.LimitReader(body, bodyMax+1-hold))
		got += rest
		r.evidence.BodyCut = rest > 0
	}
	switch {
	case sent.cut: // by us
		r.evidence.BodyCut = true
		return nil
	case sent.err != nil:
		return unreadBody{err: sent.err, got: sent.got, want: resp.ContentLength}
	case err != nil:
		return unreadBody{err: badEncoding(encodings, sent.got, err), got: sent.got, want: resp.ContentLength}
	case unpacks && got <= bodyMax: // what comes after the compressed text ends the body
		_, _ = io.Copy(io.Discard, sent)
		if sent.err != nil {
			return unreadBody{err: sent.err, got: sent.got, want: resp.ContentLength}
		}
	}
	return nil
}

// unreadBody is a failure while the body was read.
type unreadBody struct {
	err       error
	got, want int64 // bytes; want is -1 where the server did not say
}

func (e unreadBody) Error() string { return e.err.Error() }
func (e unreadBody) Unwrap() error { return e.err }

// wire is a body as it was sent, up to a bound. It remembers the connection's own errors, so that they are told apart from
// those of a decoder.
type wire struct {
	from io.Reader
	left int64 // bytes that may still be read
	got  int64
	err  error // the connection's
	cut  bool  // left was used up
}

func (w *wire) Read(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	if w.left <= 0 {
		w.cut = true
		return 0, io.EOF
	}
	n, err := w.from.Read(p[:min(int64(len(p)), w.left)])
	w.left -= int64(n)
	w.got += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err //nolint:wrapcheck // a reader's own
}

// contentEncodings returns how a body was packed, in the order of unpacking (RFC 9110, section 8.4).
func contentEncodings(h http.Header) []string {
	var encodings []string
	for _, line := range h["Content-Encoding"] {
		for name := range strings.SplitSeq(line, ",") {
			name = strings.ToLower(strings.TrimSpace(name))
			if name != "" && name != "identity" && len(encodings) <= maxEncodings {
				encodings = append(encodings, name)
			}
		}
	}
	if len(encodings) > maxEncodings {
		return []string{"repeatedly"}
	}
	slices.Reverse(encodings)
	return encodings
}

// decoders unpack what servers send. Each holds a fixed few dozen KiB, whatever the body unpacks to; zstd and br, whose windows
// the server chooses, are not asked for and not unpacked.
var decoders = map[string]func(*bufio.Reader) (io.Reader, error){
	"gzip":    func(r *bufio.Reader) (io.Reader, error) { return gzip.NewReader(r) },
	"x-gzip":  func(r *bufio.Reader) (io.Reader, error) { return gzip.NewReader(r) },
	"deflate": newInflater,
}

// newInflater reads "deflate", which RFC 9110 defines as the zlib format and some servers send without its frame.
func newInflater(r *bufio.Reader) (io.Reader, error) {
	head, err := r.Peek(2)
	if err == nil && head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 { // RFC 1950, section 2.2
		return zlib.NewReader(r) //nolint:wrapcheck // named by badEncoding
	}
	return flate.NewReader(r), nil
}

// unpacker unpacks a body. It starts with the first read, and an empty body is empty, as the answer to HEAD is.
type unpacker struct {
	from      io.Reader
	encodings []string
	to        io.Reader
}

func (u *unpacker) Read(p []byte) (int, error) {
	if u.to == nil {
		packed := bufio.NewReader(u.from)
		if _, err := packed.Peek(1); err != nil {
			return 0, err //nolint:wrapcheck // the connection's, or io.EOF
		}
		u.to = packed
		for _, encoding := range u.encodings {
			decoder, err := decoders[encoding](packed)
			if err != nil {
				return 0, noEnd(err)
			}
			u.to, packed = decoder, bufio.NewReader(decoder)
		}
	}
	n, err := u.to.Read(p)
	return n, err //nolint:wrapcheck // a reader's own
}

// noEnd keeps a decoder's io.EOF, which means that its header is missing, from looking like the end of the body.
func noEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// badEncoding names a body that is not what its Content-Encoding says.
func badEncoding(encodings []string, got int64, err error) failure {
	said := err.Error()
	if errors.Is(err, io.ErrUnexpectedEOF) {
		said = "it ends too early"
	}
	for _, prefix := range []string{"gzip: ", "zlib: ", "flate: "} {
		said = strings.TrimPrefix(said, prefix)
	}
	return failure{
		kind: tracker.KindProtocol, short: "malformed body",
		text: fmt.Sprintf("malformed body after %d bytes: not valid %s: %s", got, strings.Join(encodings, " in "), said),
	}
}
