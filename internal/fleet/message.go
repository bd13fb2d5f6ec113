package fleet

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"time"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"

	"errtop/internal/safetext"
	"errtop/tracker"
)

// The bounds of messages, whoever sent them.
const (
	maxMessage  = 1 << 20  // bytes on the wire
	maxUnpacked = 16 << 20 // bytes of a state
	maxPieces   = 128      // of an hour of one agent
	maxName     = 64       // bytes of an agent's or place's name
	maxLive     = 500      // results of a live message
)

// zstdMagic begins everything that zstd compressed. Source: RFC 8878, 3.1.1.
const zstdMagic = "\x28\xb5\x2f\xfd"

// formatVersion is what this errtop writes. A reader takes any version up to it, and of a later one says that it cannot.
const formatVersion = 1

// header stands before a state, as a line of JSON.
type header struct {
	V       int       `json:"v"`
	Agent   string    `json:"agent"`
	Place   string    `json:"place,omitempty"`
	Run     time.Time `json:"run"` // when the process began to count
	At      time.Time `json:"at"`  // the revision: the newest wins
	Hour    int64     `json:"hour"`
	Piece   int       `json:"piece"`
	Pieces  int       `json:"pieces"`
	Version string    `json:"errtop,omitempty"`
	// Base is the At of the message that this one is packed against: that of the same piece without a Base. Zero: it stands alone.
	Base time.Time `json:"base,omitzero"`
}

// presence says who is there, every few seconds.
type presence struct {
	V       int       `json:"v"`
	Agent   string    `json:"agent"`
	Place   string    `json:"place,omitempty"`
	Version string    `json:"errtop,omitempty"`
	Run     time.Time `json:"run"`
	At      time.Time `json:"at"` // by its own clock
	Targets int       `json:"targets"`
	Waiting int       `json:"waiting"`          // hours that no server has confirmed
	Leaves  bool      `json:"leaves,omitempty"` // it was told to stop
}

// live is what happened since the last sum, while somebody looks.
type live struct {
	V       int          `json:"v"`
	Base    time.Time    `json:"base"` // At of that sum
	N       int          `json:"n"`    // counts up from 1 behind a base
	At      time.Time    `json:"at"`
	Results []liveResult `json:"results,omitempty"`

	got   time.Time // by the viewer's clock
	bytes int
}

// liveResult stands for one or more results that are alike.
type liveResult struct {
	Target  string `json:"t"`
	Count   uint64 `json:"c"`
	Origin  uint8  `json:"o,omitempty"`
	Kind    string `json:"k"`
	Status  int    `json:"s,omitempty"`
	Method  string `json:"m,omitempty"`
	Route   string `json:"r,omitempty"`
	Error   string `json:"e,omitempty"`
	Message string `json:"x,omitempty"`
	ID      string `json:"id,omitempty"`
}

var errNewer = errors.New("it was sent by a newer version of errtop")

// codec packs and unpacks states. It may be used from any goroutine.
type codec struct {
	pack   *zstd.Encoder
	unpack *zstd.Decoder
}

func newCodec() (*codec, error) {
	pack, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, fmt.Errorf("fleet: %w", err)
	}
	unpack, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxUnpacked), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, fmt.Errorf("fleet: %w", err)
	}
	return &codec{pack, unpack}, nil
}

// encode returns the message of a sum. Where the header names a base, it is packed against what that holds: most of an hour stays the
// same from minute to minute.
func (c *codec) encode(h header, state, base tracker.State) ([]byte, error) {
	body, err := state.MarshalBinary()
	if err != nil {
		return nil, fmt.Errorf("fleet: %w", err)
	}
	line, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("fleet: %w", err)
	}
	if h.Base.IsZero() {
		return c.pack.EncodeAll(body, append(line, '\n')), nil
	}
	dictionary, err := base.MarshalBinary()
	if err != nil {
		return nil, fmt.Errorf("fleet: %w", err)
	}
	pack, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderDictRaw(dictionaryID, dictionary), zstd.WithWindowSize(4<<20))
	if err != nil {
		return nil, fmt.Errorf("fleet: %w", err)
	}
	defer func() { _ = pack.Close() }()
	return pack.EncodeAll(body, append(line, '\n')), nil
}

// decodeHeader reads the header of a sum and returns what is behind it.
func decodeHeader(message []byte) (h header, body []byte, err error) {
	if len(message) > maxMessage {
		return h, nil, fmt.Errorf("a message of %d bytes", len(message))
	}
	line, body, ok := bytes.Cut(message, []byte("\n"))
	if !ok || len(line) > 4096 {
		return h, nil, errors.New("not a sum of errtop")
	}
	if err := json.Unmarshal(line, &h); err != nil {
		return h, nil, errors.New("not a sum of errtop")
	}
	if h.V > formatVersion {
		return h, nil, errNewer
	}
	h.Agent, h.Place, h.Version = name(h.Agent), name(h.Place), name(h.Version)
	return h, body, nil
}

// dictionaryID is how a packed state refers to its base.
const dictionaryID = 1

// unpackAgainst reads what is behind a header with a base, of which it gets what is behind its header.
func (c *codec) unpackAgainst(body, base []byte) (state tracker.State, err error) {
	dictionary, err := c.unpack.DecodeAll(base, nil)
	if err != nil {
		return state, fmt.Errorf("its base cannot be unpacked: %w", err)
	}
	unpack, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxUnpacked), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderDictRaw(dictionaryID, dictionary))
	if err != nil {
		return state, fmt.Errorf("fleet: %w", err)
	}
	defer unpack.Close()
	return unpackWith(unpack, body)
}

// unpackState reads what is behind a header.
func (c *codec) unpackState(body []byte) (tracker.State, error) { return unpackWith(c.unpack, body) }

func unpackWith(unpack *zstd.Decoder, body []byte) (state tracker.State, err error) {
	unpacked, err := unpack.DecodeAll(body, nil)
	if err != nil {
		return state, fmt.Errorf("cannot be unpacked: %w", err)
	}
	if len(unpacked) > maxUnpacked {
		return state, fmt.Errorf("%d bytes unpacked", len(unpacked))
	}
	if err := state.UnmarshalBinary(unpacked); err != nil {
		return state, err
	}
	return state, nil
}

func decodePresence(message []byte) (p presence, err error) {
	if len(message) > 4096 {
		return p, fmt.Errorf("a message of %d bytes", len(message))
	}
	if err := json.Unmarshal(message, &p); err != nil {
		return p, errors.New("not a message of errtop")
	}
	p.Agent, p.Place, p.Version = name(p.Agent), name(p.Place), name(p.Version)
	return p, nil
}

// decodeLive reads a live message, which is compressed where it is long.
func (c *codec) decodeLive(message []byte) (l live, err error) {
	if len(message) > maxMessage {
		return l, fmt.Errorf("a message of %d bytes", len(message))
	}
	if bytes.HasPrefix(message, []byte(zstdMagic)) {
		if message, err = c.unpack.DecodeAll(message, nil); err != nil {
			return l, errors.New("not a message of errtop")
		}
		if len(message) > maxMessage {
			return l, fmt.Errorf("a message of %d bytes unpacked", len(message))
		}
	}
	if err := json.Unmarshal(message, &l); err != nil {
		return l, errors.New("not a message of errtop")
	}
	if l.V > formatVersion {
		return l, errNewer
	}
	l.Results = l.Results[:min(len(l.Results), maxLive)]
	l.bytes = len(message)
	return l, nil
}

// result returns one of the results that it stands for, and how many there are. What came over the wire is made harmless.
func (r *liveResult) result(at time.Time, labels *tracker.Labels) (result tracker.Result, count uint64, ok bool) {
	kind, ok := tracker.ParseKind(r.Kind)
	if !ok || r.Count == 0 || r.Status < 0 || r.Status > 999 || r.Origin > uint8(tracker.OriginMonitor) || r.Target == "" {
		return result, 0, false
	}
	return tracker.Result{
		Time: at, Target: text(r.Target), Kind: kind, Status: r.Status, Origin: tracker.Origin(r.Origin), Method: text(r.Method),
		Route: text(r.Route), Error: text(r.Error), Message: text(r.Message), RequestID: text(r.ID), Labels: labels,
	}, min(r.Count, 1<<20), true
}

// text makes a text from outside harmless to a screen, and keeps its lines. Secrets were masked by the agent that read them.
func text(s string) string {
	const most = 1 << 16
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f {
			return safetext.Block(safetext.Cut(s, most))
		}
	}
	return s[:min(len(s), most)]
}

// name makes the name of an agent or a place harmless and short.
func name(s string) string {
	s = safetext.Line(s)
	for len(s) > maxName || !utf8.ValidString(s) {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return s
}

// pieceOf returns which piece of an hour a target belongs to.
func pieceOf(target string, pieces int) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(target))         // it never fails
	return int(h.Sum32() % uint32(pieces)) //nolint:gosec // a few hundred
}
