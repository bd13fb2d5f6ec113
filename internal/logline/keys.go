package logline

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// slot says what a key of a JSON object or of a logfmt line means to us.
type slot struct {
	field   Field
	meta    meta // unit and rank
	descend bool // an object behind this key holds keys that mean something
}

// keyTable knows what keys mean, in any spelling that is usual: "request_id", "requestId", "RequestID". It is made once
// and then only read, apart from the cache, so each decoder has its own.
type keyTable struct {
	exact  map[string]slot // keys whose case matters
	folded map[string]slot // keys in lower case without "_" and "-"
	cache  map[string]slot // keys as they stood in the log
	fold   []byte
}

// maxKeyCache bounds what is remembered of keys seen; a log with made-up keys must not fill the memory.
const maxKeyCache = 4096

// knownKeys are the paths of keys that mean something, the best first, as errtop's own NDJSON, Caddy, Traefik, Envoy,
// nginx, pino, bunyan, zap, slog, ECS, Cloudflare and the usual hand-written logs spell them once folded.
var knownKeys = map[Field]string{
	FieldTime: `ts @timestamp time timestamp datetime timeiso8601 timelocal msec starttime startutc startlocal
		edgeendtimestamp edgestarttimestamp asctime eventtime realtimetimestamp t date.time`,
	FieldStatus: `status statuscode httpstatus httpstatuscode responsestatus responsestatuscode responsecode rescode
		res.statuscode res.status response.status response.statuscode response.code http.response.statuscode http.statuscode
		http.status edgeresponsestatus downstreamstatus scstatus httpcode originstatus originresponsestatus upstreamstatus`,
	FieldMethod: `method requestmethod httpmethod verb req.method request.method http.request.method http.method
		http.requestmethod clientrequestmethod csmethod`,
	FieldPath: `route http.route path url uri requestpath requesturi requesturl req.url request.uri request.url request.path
		req.path url.path http.url http.target url.original url.full clientrequestpath clientrequesturi endpoint fullpath
		xenvoyoriginalpath csuristem`,
	FieldRequest: `request requestline`,
	FieldHost: `host vhost httphost domain authority :authority servername requesthost request.host req.headers.host req.host
		req.hostname url.domain http.host clientrequesthost cshost`,
	FieldUpstream:  `upstream upstreamaddr upstreamhost serviceaddr originip backend upstream.address destination.address`,
	FieldTarget:    `target`,
	FieldService:   `service servicename service.name upstreamcluster fly.app`,
	FieldError:     `error err errortype error.type err.type err.name error.name error.code err.code responseflags exceptionclass code`,
	FieldMessage:   `errormessage error.message err.message err.msg errmsg errormsg message msg responsecodedetails desc`,
	FieldLevel:     `level severity lvl loglevel log.level levelname`,
	FieldStack:     `stack stacktrace error.stack err.stack error.stacktrace exception traceback excinfo`,
	FieldRequestID: `requestid reqid req.id request.id http.request.id xrequestid correlationid rayid traceid trace.id`,
	FieldBreaker:   `breaker breakerstate circuitbreaker circuit circuitstate`,
	FieldKind:      `kind errorkind`,
	FieldResetAt:   `resetat retryat ratelimitreset`,
	FieldErrors:    `errors`,
	FieldDetails:   `details`,
	FieldLine:      `log`,
}

// durationKeys are the names of durations, the best first; each is known with every suffix of durationSuffixes too.
const durationKeys = `duration latency elapsed took timetaken responsetime requesttime totaltime processingtime resptime
	request.duration response.duration http.duration time.taken`

var durationSuffixes = map[string]unit{
	"": unitGuess, "s": unitSecond, "sec": unitSecond, "secs": unitSecond, "seconds": unitSecond,
	"ms": unitMillisecond, "msec": unitMillisecond, "millis": unitMillisecond, "milliseconds": unitMillisecond, "inmillis": unitMillisecond,
	"us": unitMicrosecond, "usec": unitMicrosecond, "micros": unitMicrosecond, "microseconds": unitMicrosecond,
	"ns": unitNanosecond, "nsec": unitNanosecond, "nanos": unitNanosecond, "nanoseconds": unitNanosecond,
}

// fixedDurations are durations whose writers chose a unit without saying so in the key.
var fixedDurations = map[string]unit{
	"responsetime":           unitMillisecond, // pino-http
	"requesttime":            unitSecond,      // nginx $request_time
	"event.duration":         unitNanosecond,  // ECS
	"response.responsetime":  unitMillisecond,
	"timetaken":              unitMillisecond, // IIS, but see w3c.go for CloudFront
	"request.responsetimems": unitMillisecond,
}

// partDurations are durations of a part of the request, which count where nothing tells the whole.
var partDurations = map[string]unit{
	"upstreamresponsetime":  unitSecond,      // nginx
	"edgetimetofirstbytems": unitMillisecond, // Cloudflare
	"originresponsetime":    unitNanosecond,  // Cloudflare
	"upstreamservicetime":   unitMillisecond, // Envoy
	"xenvoyupstreamtime":    unitMillisecond, // Envoy
}

// newKeyTable returns the table of known keys, with fields (our name -> the log's key path) before them.
func newKeyTable(fields map[string]string) (*keyTable, error) {
	t := &keyTable{folded: map[string]slot{}, cache: map[string]slot{}, exact: map[string]slot{
		"Duration":             {field: FieldDuration, meta: newMeta(1, unitNanosecond)}, // Traefik
		"MESSAGE":              {field: FieldLine, meta: newMeta(1, unitGuess)},          // journald
		"__REALTIME_TIMESTAMP": {field: FieldTime, meta: newMeta(1, unitGuess)},          // journald
	}}
	for f, keys := range knownKeys {
		for i, key := range strings.Fields(keys) {
			t.folded[key] = slot{field: f, meta: newMeta(i+1, unitGuess)}
		}
	}
	for i, key := range strings.Fields(durationKeys) {
		for suffix, u := range durationSuffixes {
			t.folded[key+suffix] = slot{field: FieldDuration, meta: newMeta(i+1, u)}
		}
	}
	for key, u := range fixedDurations {
		t.folded[key] = slot{field: FieldDuration, meta: newMeta(30, u)}
	}
	for key, u := range partDurations {
		t.folded[key] = slot{field: FieldDuration, meta: newMeta(31, u)}
	}
	// slog writes its durations as nanoseconds, and its text under "msg"; pino and zap share "msg" but state their units.
	msg := t.folded["msg"]
	msg.meta |= newMeta(0, unitNanosecond)
	t.folded["msg"] = msg
	if err := t.learn(fields); err != nil {
		return nil, err
	}
	for _, keys := range []map[string]slot{t.folded, t.exact} {
		for _, key := range slices.Collect(maps.Keys(keys)) {
			for i, c := range key {
				if c == '.' {
					parent := keys[key[:i]]
					parent.descend = true
					keys[key[:i]] = parent
				}
			}
		}
	}
	return t, nil
}

// learn adds the keys of a field map: errtop's own field names, a duration with its unit ("duration_ms"), to the key
// paths of the log.
func (t *keyTable) learn(fields map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		known, ok := t.folded[foldKey(nil, name)]
		if !ok || known.field == FieldNone {
			return fmt.Errorf("fields: unknown field %q: known are %s", name, strings.Join(MappableFields(), ", "))
		}
		t.exact[fields[name]] = slot{field: known.field, meta: newMeta(0, known.meta.unit())}
	}
	return nil
}

// MappableFields returns the names that a field map may use.
func MappableFields() []string {
	return []string{
		"time", "status", "duration_s", "duration_ms", "duration_us", "duration_ns", "method", "path", "host", "upstream",
		"target", "service", "error", "message", "level", "stack", "request_id", "breaker", "kind", "reset_at", "errors", "details",
	}
}

// find returns what the key path means.
func (t *keyTable) find(path []byte) slot {
	if s, ok := t.cache[string(path)]; ok {
		return s
	}
	s, ok := t.exact[string(path)]
	if !ok {
		s = t.folded[foldKey(t.fold[:0], string(path))]
	}
	if len(t.cache) < maxKeyCache {
		t.cache[string(path)] = s
	}
	return s
}

// foldKey returns the key in lower case without "_" and "-", made in buffer.
func foldKey(buffer []byte, key string) string {
	for i := range len(key) {
		c := key[i]
		if c == '_' || c == '-' {
			continue
		}
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		buffer = append(buffer, c)
	}
	return string(buffer)
}
