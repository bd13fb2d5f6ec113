package ingest

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"errtop/internal/ingest/otlp"
	"errtop/internal/logline"
	"errtop/internal/safego"
	"errtop/tracker"
)

const (
	unixPrefix  = "unix:"
	pushPath    = "/v1/results"
	headerTime  = 5 * time.Second        // for the head of a request
	idleTime    = time.Minute            // between two requests of a connection
	listenGrace = 500 * time.Millisecond // pushes may finish for so long at the end
)

// ListenOptions say where pushes are taken and from whom.
type ListenOptions struct {
	Options
	Addr  string // "127.0.0.1:4318", or "unix:/run/errtop.sock"
	Token string // bearer token; may be empty only on a loopback address and a unix socket

	// Hosts are names that the listener is asked under, beside its address and localhost.
	Hosts []string
	// Cert and Key are PEM files. With them the listener speaks TLS, and reads them again when they change.
	Cert, Key string
	// Doors answer GET at their paths, under the same rules as pushes; those in Open without the token.
	Doors map[string]http.Handler
	Open  []string
}

// Listen takes results that are pushed by POST /v1/results until ctx is done: NDJSON lines or a JSON array, gzipped or
// not, of at most 8 MiB and 250,000 lines. It answers {"accepted": n, "unreadable": n, "problems": [...]}. It takes spans
// and log records by OTLP/HTTP too, at /v1/traces and /v1/logs (see [otlp]); they are a source of their own. Marks are taken
// at /v1/marks, at most 200 a push, all or none.
//
// Requests with a foreign Host or Origin get 403, without the token 401, both before the body is read. A body that comes
// too slowly gets 408; where too many come at once, a body that stalls makes way for others with 503. All bodies together
// take at most 14 MiB. An address that others can reach is refused without a token, before anything is opened.
func Listen(ctx context.Context, o ListenOptions, sink Sink) error {
	if o.Token == "" && !strings.HasPrefix(o.Addr, unixPrefix) && !isLoopback(o.Addr) {
		return fmt.Errorf("listen %s: others can reach this address, so a token is needed", o.Addr)
	}
	if err := Check(o.Options); err != nil {
		return err
	}
	listener, err := listen(ctx, o.Addr)
	if err != nil {
		return fmt.Errorf("listen %s: %w", o.Addr, err)
	}
	if listener, err = secured(bounded(listener), &o); err != nil {
		return fmt.Errorf("listen %s: %w", o.Addr, err)
	}
	return serve(ctx, listener, o, sink)
}

// serve takes pushes from a listener, which it closes.
func serve(ctx context.Context, listener net.Listener, o ListenOptions, sink Sink) error {
	name := "push " + o.Addr
	if tcp, ok := listener.Addr().(*net.TCPAddr); ok {
		name = "push " + tcp.String()
	}
	p, err := newPump(name, o.Options, sink)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	h := &pushHandler{token: sha256.Sum256([]byte(o.Token)), open: o.Token == "", host: hostOf(o.Addr), pump: p}
	h.otlp = newOTLPDoor("otlp"+strings.TrimPrefix(name, "push"), o.Options, sink)
	h.unix, h.doors, h.public, h.names = strings.HasPrefix(o.Addr, unixPrefix), o.Doors, o.Open, o.Hosts
	server := &http.Server{
		ReadHeaderTimeout: headerTime, ReadTimeout: pushTime, WriteTimeout: pushTime + headerTime,
		IdleTimeout: idleTime, MaxHeaderBytes: 16 << 10, ErrorLog: sink.logger(name + ": "),
	}
	serving, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	server.Handler = safego.Handler(h, fail)
	held := safego.Start(func() error { return h.emitHeld(serving) })
	served := safego.Start(func() error { return server.Serve(listener) })
	select {
	case err = <-served:
	case <-serving.Done():
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), listenGrace)
		defer cancel()
		if server.Shutdown(grace) != nil {
			_ = server.Close() // ends what did not finish
		}
		err = <-served
	}
	fail(nil)
	if err := <-held; err != nil {
		return err // a panic of ours
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.endOTLP()
	if panicked, ok := errors.AsType[*safego.PanicError](context.Cause(serving)); ok {
		return panicked
	}
	if !errors.Is(err, http.ErrServerClosed) {
		p.end(tracker.SourceFailed, logline.SafeLine([]byte(err.Error()), logline.MaxMessage))
		return fmt.Errorf("listen %s: %w", o.Addr, err)
	}
	p.end(tracker.SourceEnded, "")
	return nil
}

// logger returns a logger for what a library has to tell.
func (s Sink) logger(prefix string) *log.Logger {
	if s.Log == nil {
		return log.New(io.Discard, "", 0)
	}
	return log.New(s.Log, prefix, 0)
}

// isLoopback reports whether only this machine can reach the address.
func isLoopback(addr string) bool {
	host := hostOf(addr)
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// hostOf returns an address without its port, and without the brackets of an IPv6 one.
func hostOf(addr string) string {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		host = addr
	}
	return strings.ToLower(strings.Trim(host, "[]"))
}

// pushHandler answers pushes.
type pushHandler struct {
	token [sha256.Size]byte
	open  bool // no token is asked for
	unix  bool
	host  string

	names  []string // hosts, beside its own
	doors  map[string]http.Handler
	public []string // doors that need no token

	reception reception
	turns     turns

	mu   sync.Mutex // of what follows
	pump *pump
	otlp otlpDoor
}

// ServeHTTP answers one push.
func (h *pushHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	door := h.doors[r.URL.Path]
	switch {
	case !h.ownHost(r) || !sameOrigin(r):
		refuse(w, http.StatusForbidden, "this host or origin may not push here")
	case !h.allowed(r) && (door == nil || !slices.Contains(h.public, r.URL.Path)):
		w.Header().Set("WWW-Authenticate", "Bearer")
		refuse(w, http.StatusUnauthorized, "the bearer token is missing or wrong")
	case door != nil && r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		refuse(w, http.StatusMethodNotAllowed, "this is read with GET")
	case door != nil:
		w.Header().Set("X-Content-Type-Options", "nosniff")
		door.ServeHTTP(w, r)
	case r.URL.Path != pushPath && r.URL.Path != marksPath && r.URL.Path != otlp.TracesPath && r.URL.Path != otlp.LogsPath:
		refuse(w, http.StatusNotFound, "results are pushed to "+pushPath+", marks to "+marksPath+", OTLP to "+otlp.TracesPath+" and "+otlp.LogsPath)
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		refuse(w, http.StatusMethodNotAllowed, "results are pushed with POST")
	case r.URL.Path == pushPath:
		h.take(w, r)
	case r.URL.Path == marksPath:
		h.takeMarks(w, r)
	default:
		h.takeOTLP(w, r)
	}
}

// ownHost reports whether the request names this server: a page of another site that got its name to point here does not.
func (h *pushHandler) ownHost(r *http.Request) bool {
	if h.unix {
		return true // no page can reach it
	}
	host := hostOf(r.Host)
	if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() || host == "localhost" {
		return true
	}
	if host == "" {
		return false
	}
	if slices.ContainsFunc(h.names, func(name string) bool { return strings.EqualFold(name, host) }) {
		return true
	}
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return host == h.host || local != nil && host == hostOf(local.String())
}

// sameOrigin reports whether the request comes from no page, or from one of this server.
func sameOrigin(r *http.Request) bool {
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return true
	}
	u, err := url.Parse(origins[0])
	return err == nil && len(origins) == 1 && u.Host != "" && u.Host == r.Host
}

// allowed reports whether the request has the token. The comparison takes the same time whatever is wrong.
func (h *pushHandler) allowed(r *http.Request) bool {
	if h.open {
		return true
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	sum := sha256.Sum256([]byte(strings.TrimSpace(token)))
	return subtle.ConstantTimeCompare(sum[:], h.token[:]) == 1 && strings.EqualFold(scheme, "Bearer")
}
