package stats

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"errtop/internal/logline"
)

// textFile is a log in memory that can be read at any place.
type textFile struct{ *strings.Reader }

func (textFile) Close() error       { return nil }
func (textFile) ModTime() time.Time { return time.Date(2026, 11, 25, 4, 0, 0, 0, time.UTC) }

// inChunks returns what a log comes to that is read in chunks of that size by so many workers, as a file or as a stream.
func inChunks(t *testing.T, log string, chunk, workers int, stream bool) string {
	t.Helper()
	o := Options{Workers: workers}
	c := counter{reasons: logline.NewReasons(), chunk: chunk}
	for range workers + 1 {
		w, err := newWorker(&o)
		if err != nil {
			t.Fatal(err)
		}
		c.workers = append(c.workers, w)
	}
	c.inOrder = c.workers[0]
	c.workers = c.workers[1:]
	c.inOrder.decoder.Share(c.reasons)
	var file io.ReadCloser = textFile{strings.NewReader(log)}
	if stream {
		file = io.NopCloser(strings.NewReader(log))
	}
	tally, err := c.count(t.Context(), Input{Name: "log", Open: func(context.Context) (io.ReadCloser, error) { return file, nil }})
	if err != nil {
		t.Fatal(err)
	}
	s := newSummary("")
	s.merge("log", tally)
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// pairedLog returns a log of requests of which some are told of in two lines, of each sort, with others between them.
func pairedLog(r *rand.Rand, requests, quiet int, sorts ...int) string {
	var lines []string
	later := map[int][]string{}
	for i := range requests {
		lines = append(lines, later[i]...)
		sec := 1795575600 + i/5
		stamp := time.Unix(int64(sec), 0).UTC()
		after := i + 1 + r.IntN(6)
		sort := -1
		if i >= quiet && r.IntN(4) == 0 {
			sort = sorts[r.IntN(len(sorts))]
		}
		switch sort {
		case 0: // Caddy
			for _, logger := range []string{"error", "access"} {
				line := fmt.Sprintf(`{"level":"error","ts":%d.5,"logger":"http.log.%s","msg":"%s","request":{"method":"GET","host":"a.example","uri":"/c/%d"},"duration":0.1,"status":502}`, sec, logger, logger, i%7)
				if logger == "error" {
					lines = append(lines, line)
				} else {
					later[after] = append(later[after], line)
				}
			}
		case 1: // nginx
			lines = append(lines, fmt.Sprintf(`%s [error] 31#31: *%d connect() failed (111: Connection refused) while connecting to upstream, client: 192.0.2.%d, server: a, request: "GET /n/%d HTTP/1.1", upstream: "http://10.0.0.2:80/n", host: "a"`,
				stamp.Format("2006/01/02 15:04:05"), i, i%9, i%7))
			later[after] = append(later[after], fmt.Sprintf(`192.0.2.%d - - [%s] "GET /n/%d HTTP/1.1" 502 157 "-" "curl/8"`, i%9, stamp.Format("02/Jan/2006:15:04:05 -0700"), i%7))
		case 2: // an exception with the id of its request, and no status
			lines = append(lines, fmt.Sprintf(`{"ts":"%s","level":"error","method":"POST","path":"/o","error":"boom","message":"stock is gone","request_id":"r%d"}`, stamp.Format(time.RFC3339), i))
			later[after] = append(later[after], fmt.Sprintf(`{"ts":"%s","level":"info","msg":"done","request_id":"r%d","method":"POST","path":"/o","status":500}`, stamp.Format(time.RFC3339), i))
		case 3: // the same, the other way round
			lines = append(lines, fmt.Sprintf(`{"ts":"%s","level":"info","msg":"done","request_id":"r%d","method":"POST","path":"/o","status":500}`, stamp.Format(time.RFC3339), i))
			later[after] = append(later[after], fmt.Sprintf(`{"ts":"%s","level":"error","method":"POST","path":"/o","error":"boom","message":"stock is gone","request_id":"r%d"}`, stamp.Format(time.RFC3339), i))
		case 4: // an exception without a request, with an id
			lines = append(lines, fmt.Sprintf(`{"ts":"%s","level":"error","msg":"stock is gone","request_id":"r%d","stack":"at x"}`, stamp.Format(time.RFC3339), i))
			later[after] = append(later[after], fmt.Sprintf(`{"ts":"%s","level":"info","msg":"done","request_id":"r%d","method":"POST","path":"/o","status":500}`, stamp.Format(time.RFC3339), i))
		case 5: // Rails
			lines = append(lines, fmt.Sprintf(`I, [%s.1 #12]  INFO -- : [8f2cabc0-%d] Started POST "/orders/x%d" for 127.0.0.1 at %s`, stamp.Format("2006-01-02T15:04:05"), i, i%3, stamp.Format("2006-01-02 15:04:05 -0700")))
			later[after] = append(later[after], fmt.Sprintf(`I, [%s.2 #12]  INFO -- : [8f2cabc0-%d] Completed %d Error in 12ms (Allocations: 1)`, stamp.Format("2006-01-02T15:04:05"), i, 500+i%2))
		default:
			lines = append(lines, fmt.Sprintf(`192.0.2.%d - - [%s] "GET /n/%d HTTP/1.1" %d 157 "-" "curl/8"`, i%9, stamp.Format("02/Jan/2006:15:04:05 -0700"), i%7, []int{200, 200, 404, 502}[r.IntN(4)]))
		}
	}
	for _, i := range slices.Sorted(maps.Keys(later)) {
		if i >= requests {
			lines = append(lines, later[i]...)
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

// TestPairsCountOnceWhereverTheChunksEnd: what lines mean by those before them does not depend on how the log is read.
func TestPairsCountOnceWhereverTheChunksEnd(t *testing.T) {
	for _, c := range []struct {
		name  string
		quiet int // requests before the first pair
		sorts []int
	}{
		{"Caddy", 0, []int{0}},
		{"nginx", 0, []int{1}},
		{"ids", 0, []int{2, 3, 4}},
		{"Rails", 0, []int{5}},
		{"all", 0, []int{0, 1, 2, 3, 4, 5}},
		{"all, but not where is learned", 1200, []int{0, 1, 2, 3, 4, 5}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(7, uint64(len(c.name))))
			log := pairedLog(r, c.quiet+300, c.quiet, c.sorts...)
			want := inChunks(t, log, len(log)+1, 1, false)
			for _, chunk := range []int{150, 333, 1000, 4096, 30000} {
				for _, stream := range []bool{false, true} {
					if got := inChunks(t, log, chunk, 3, stream); got != want {
						t.Errorf("in chunks of %d (stream %v)\ngot  %s\nwant %s", chunk, stream, got, want)
					}
				}
			}
		})
	}
}

// TestARequestInTwoLinesIsOneResult holds the numbers of a log of pairs only.
func TestARequestInTwoLinesIsOneResult(t *testing.T) {
	for sort, name := range []string{"Caddy", "nginx", "ids", "ids, the other way", "exceptions", "Rails"} {
		log := pairedLog(rand.New(rand.NewPCG(7, 7)), 400, 0, sort)
		plain := strings.Count(log, ` "-" "curl/8"`)
		if sort == 1 { // its access lines look like the others
			plain -= strings.Count(log, "[error]")
		}
		pairs := (strings.Count(log, "\n") - plain) / 2
		var got struct{ Results, Skipped uint64 }
		if err := json.Unmarshal([]byte(inChunks(t, log, 500, 3, false)), &got); err != nil {
			t.Fatal(err)
		}
		if want := plain + pairs; got.Results != uint64(want) {
			t.Errorf("%s: %d results of %d single lines and %d pairs", name, got.Results, plain, pairs)
		}
	}
}
