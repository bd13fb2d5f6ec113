package stats

import (
	"bufio"
	"context"
	"errors"
	"io"
	"slices"
	"sync"

	"errtop/internal/logline"
)

// errPaired stops reading a log in which lines unexpectedly belong together: it is read again from its start.
var errPaired = errors.New("lines belong together")

// maxAhead is how many chunks a worker may be ahead of the first that is not read.
const maxAhead = 64

// relatedLine is a line that means something only with others, by its number within its chunk.
type relatedLine struct {
	number uint64
	text   []byte
}

// order hands related lines to one worker in the order of the log, whichever chunk is read first.
type order struct {
	worker *statsWorker

	mu      sync.Mutex
	changed *sync.Cond
	next    uint64 // the first chunk whose lines did not come
	chunks  map[uint64][]relatedLine
	broken  bool // reading a line has panicked
}

// newOrder returns an order of a log's lines for that worker.
func newOrder(worker *statsWorker) *order {
	o := &order{worker: worker, chunks: map[uint64][]relatedLine{}}
	o.changed = sync.NewCond(&o.mu)
	return o
}

// take takes the related lines of a chunk. Every chunk's are taken once, also where there are none.
func (o *order) take(chunk uint64, lines []relatedLine) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for chunk > o.next+maxAhead && !o.broken {
		o.changed.Wait()
	}
	o.chunks[chunk] = lines
	defer o.changed.Broadcast()
	done := false
	defer func() { o.broken = o.broken || !done }()
	for !o.broken {
		lines, ok := o.chunks[o.next]
		if !ok {
			break
		}
		for _, line := range lines {
			o.worker.read(o.next, line.number, line.text)
		}
		delete(o.chunks, o.next)
		o.next++
	}
	done = true
}

// errorLogsFirst returns inputs with the error logs among them before the others, which their lines belong to.
func errorLogsFirst(ctx context.Context, inputs []Input) []Input {
	if len(inputs) < 2 {
		return inputs
	}
	sorted := slices.Clone(inputs)
	why := map[string]bool{}
	for _, input := range inputs {
		why[input.Name] = !input.Once && isErrorLog(ctx, input)
	}
	slices.SortStableFunc(sorted, func(a, b Input) int {
		switch {
		case why[a.Name] == why[b.Name]:
			return 0
		case why[a.Name]:
			return -1
		}
		return 1
	})
	return sorted
}

// isErrorLog reports whether an input starts as an error log does.
func isErrorLog(ctx context.Context, input Input) bool {
	log, err := input.Open(ctx)
	if err != nil {
		return false // told when it is read
	}
	defer log.Close() //nolint:errcheck // only read from
	head, err := bufio.NewReaderSize(log, 4<<10).Peek(256)
	return (err == nil || errors.Is(err, io.EOF)) && logline.IsErrorLog(head)
}
