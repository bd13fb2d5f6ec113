package fleet

import (
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// lostEvery is how often, at most, everything is sent again because the stream lost something: one that is too small for a day would
// have it sent all the time.
const lostEvery = 10 * time.Minute

// canary is the newest message of this agent in the stream, by which a loss of what was confirmed is seen. JetStream confirms before it
// has written to the disk; a server without power loses the newest of what it had, and so this one first. Each presence is sent with the
// number of the one before: where the stream has another number, it refuses it.
type canary struct {
	sequence uint64 // of the newest that was confirmed; zero where that is not known
	waiting  jetstream.PubAckFuture
	lost     time.Time // when a loss was last noticed
}

// verdict is what the answer to a canary says.
type verdict int

const (
	alive  verdict = iota // or there is no answer yet
	unsure                // it was not confirmed: the servers have trouble
	dead                  // the stream has lost what it had confirmed
)

// options are those of the next canary.
func (c *canary) options(stream string) []jetstream.PublishOpt {
	options := []jetstream.PublishOpt{jetstream.WithExpectStream(stream)}
	if c.sequence > 0 {
		options = append(options, jetstream.WithExpectLastSequencePerSubject(c.sequence))
	}
	return options
}

// sent notes a canary that is on its way.
func (c *canary) sent(future jetstream.PubAckFuture) { c.waiting = future }

// look looks whether there is an answer.
func (c *canary) look() verdict {
	if c.waiting == nil {
		return alive
	}
	select {
	case ack := <-c.waiting.Ok():
		c.waiting, c.sequence = nil, ack.Sequence
		return alive
	case err := <-c.waiting.Err():
		expected := c.sequence
		c.waiting, c.sequence = nil, 0
		if last, ok := lastSequence(err); ok && expected > 0 {
			if last < expected {
				return dead
			}
			return alive // another process has the same name
		}
		return unsure
	default:
		return alive
	}
}

// lastSequence returns the number that a stream has instead of the one that was expected.
func lastSequence(err error) (last uint64, ok bool) {
	const wrongLast, wrongLastAnywhere = 10071, 10164 // of nats-server's errors.json
	var api *jetstream.APIError
	if !errors.As(err, &api) || api.ErrorCode != wrongLast && api.ErrorCode != wrongLastAnywhere {
		return 0, false
	}
	if _, err := fmt.Sscanf(api.Description, "wrong last sequence: %d", &last); err != nil {
		return 0, false
	}
	return last, true
}
