package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// Peer is a running errtop of this user on this machine.
type Peer struct {
	Info
	path string
}

// ErrNone says that no errtop of this user runs on this machine, or none of that name.
var ErrNone = errors.New("no errtop of yours runs here")

// Peers returns the running errtops whose sockets stand in a folder, by process number; with a name only those of that name. Sockets
// that nobody answers any more are removed.
func Peers(ctx context.Context, dir, name string) ([]Peer, error) {
	paths, err := filepath.Glob(filepath.Join(escapeGlob(dir), "*"+socketSuffix))
	if err != nil {
		return nil, fmt.Errorf("control sockets in %s: %w", dir, err)
	}
	var peers []Peer
	var problems []error
	for _, path := range paths {
		peer := Peer{path: path}
		switch err := peer.call(ctx, http.MethodGet, "/v1/info", nil, &peer.Info); {
		case errors.Is(err, syscall.ECONNREFUSED):
			_ = os.Remove(path) // its process is gone
			_ = os.Remove(strings.TrimSuffix(path, socketSuffix) + viewerSuffix)
		case errors.Is(err, os.ErrNotExist), errors.Is(err, syscall.ECONNRESET): // it has just ended
		case err != nil:
			problems = append(problems, err)
		case name == "" || peer.Name == name:
			peers = append(peers, peer)
		}
	}
	slices.SortFunc(peers, func(a, b Peer) int { return a.PID - b.PID })
	if len(peers) == 0 && len(problems) == 0 {
		return nil, ErrNone
	}
	return peers, errors.Join(problems...)
}

// AddMark tells the peer that something was done.
func (p *Peer) AddMark(ctx context.Context, mark Mark) error {
	return p.call(ctx, http.MethodPost, "/v1/marks", mark, nil)
}

// Alerts reads the peer's alerts into state.
func (p *Peer) Alerts(ctx context.Context, state any) error {
	return p.call(ctx, http.MethodGet, "/v1/alerts", nil, state)
}

// Silence keeps the peer from telling alerts for a while, and returns the silence's number.
func (p *Peer) Silence(ctx context.Context, silence Silence) (id uint64, err error) {
	var made struct{ ID uint64 }
	err = p.call(ctx, http.MethodPost, "/v1/silences", silence, &made)
	return made.ID, err
}

// EndSilence ends a silence of the peer.
func (p *Peer) EndSilence(ctx context.Context, id uint64) error {
	return p.call(ctx, http.MethodDelete, "/v1/silences/"+strconv.FormatUint(id, 10), nil, nil)
}

// Acknowledge tells the peer that somebody has seen an alert or an incident, and returns how many alerts that were.
func (p *Peer) Acknowledge(ctx context.Context, ack Ack) (n int, err error) {
	var done struct{ Acknowledged int }
	err = p.call(ctx, http.MethodPost, "/v1/acks", ack, &done)
	return done.Acknowledged, err
}

// call sends a request with a JSON body, and reads the answer into result.
func (p *Peer) call(ctx context.Context, method, path string, body, result any) error {
	var text io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("%s: %w", p.path, err)
		}
		text = bytes.NewReader(encoded)
	}
	ctx, cancel := context.WithTimeout(ctx, controlTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, "http://errtop"+path, text)
	if err != nil {
		return fmt.Errorf("%s: %w", p.path, err)
	}
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var dialer net.Dialer
		return dialer.DialContext(ctx, "unix", p.path)
	}}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return fmt.Errorf("%s: %w", p.path, err)
	}
	defer response.Body.Close() //nolint:errcheck // only read from
	answer := io.LimitReader(response.Body, 16<<20)
	if response.StatusCode != http.StatusOK {
		var problem struct{ Error string }
		if json.NewDecoder(answer).Decode(&problem) == nil && problem.Error != "" {
			return fmt.Errorf("errtop %d: %s", p.PID, problem.Error)
		}
		return fmt.Errorf("errtop %d answers %s", p.PID, response.Status)
	}
	if result == nil {
		return nil
	}
	if err := json.NewDecoder(answer).Decode(result); err != nil {
		return fmt.Errorf("%s: answer not understood: %w", p.path, err)
	}
	return nil
}

// escapeGlob makes a folder's name stand for itself in a pattern.
func escapeGlob(dir string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(dir)
}
