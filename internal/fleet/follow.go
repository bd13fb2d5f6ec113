package fleet

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"errtop/internal/safego"
)

const (
	// A server that ends takes its consumers along: that is noticed after two heartbeats.
	pullExpiry, pullHeartbeat = 10 * time.Second, 2 * time.Second
	consumerPause             = time.Second // before another consumer is made
	// followSlack is how much of what was taken is taken again by another consumer: the clocks of servers differ.
	followSlack = 30 * time.Second
)

// errGap says that a consumer left something out: it is made anew.
var errGap = errors.New("a message is missing")

// follow subscribes to what is new, and reads what the stream has, the newest hours first, until that has succeeded.
func (v *Viewer) follow(ctx context.Context) error {
	for _, kind := range []string{kindState, kindErr, kindLive} {
		if _, err := v.conn.Subscribe(prefix+token(v.settings.Team)+".*."+kind, v.take); err != nil {
			return fmt.Errorf("fleet: %w", err)
		}
	}
	told := ""
	for ctx.Err() == nil {
		why := reason(v.followStream(ctx))
		if ctx.Err() == nil && why != told {
			told = why
			v.notice("fleet: cannot read the stream " + StreamOf(v.settings.Team) + ": " + why)
		}
		pause(ctx, 2*time.Second)
	}
	return nil
}

func reason(err error) string {
	switch {
	case err == nil:
		return "it ended"
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return "there is none; the first agent or errtop hub makes it"
	default:
		return err.Error()
	}
}

// pause waits, or until ctx is done.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// followStream takes what comes into the stream from now on, and meanwhile reads what it has.
func (v *Viewer) followStream(ctx context.Context) error {
	stream, err := v.js.Stream(ctx, StreamOf(v.settings.Team))
	if err != nil {
		return err //nolint:wrapcheck // reason says it
	}
	group, ctx := safego.WithContext(ctx)
	group.Go(func() error { return v.takeNew(ctx, stream) })
	group.Go(func() error {
		if err := v.readAll(ctx, stream); err != nil {
			return err
		}
		return v.keepReading(ctx, stream)
	})
	return group.Wait()
}

// keepReading reads again what came late.
func (v *Viewer) keepReading(ctx context.Context, stream jetstream.Stream) error {
	look := time.NewTicker(lookAgain)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-v.wake:
		case <-look.C:
		}
		if err := v.readAgain(ctx, stream); err != nil {
			return err
		}
	}
}

// takeNew takes the sums that come into the stream, with one consumer after another. Each begins a little before the newest that was
// taken, by time: the stream's numbers go back when a server loses what it had confirmed, and a consumer that goes on behind a number
// leaves out what is sent again. What comes twice counts once.
func (v *Viewer) takeNew(ctx context.Context, stream jetstream.Stream) error {
	since := stream.CachedInfo().State.LastTime
	taken := map[string]time.Time{} // by subject, when the server got what was last taken of it
	for ctx.Err() == nil {
		config := jetstream.ConsumerConfig{DeliverPolicy: jetstream.DeliverAllPolicy}
		if !since.IsZero() {
			start := since.Add(-followSlack)
			config.DeliverPolicy, config.OptStartTime = jetstream.DeliverByStartTimePolicy, &start
		}
		err := v.consume(ctx, stream, prefix+token(v.settings.Team)+".*."+kindSum+".>", config, func(m jetstream.Msg, meta *jetstream.MsgMetadata) bool {
			if taken[m.Subject()].Equal(meta.Timestamp) {
				return true
			}
			taken[m.Subject()] = meta.Timestamp
			v.takeSum(m, false)
			if meta.Timestamp.After(since) {
				since = meta.Timestamp
			}
			return true
		})
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			return err
		}
		maps.DeleteFunc(taken, func(_ string, at time.Time) bool { return since.Sub(at) > followSlack })
		pause(ctx, consumerPause)
	}
	return nil
}

// read hands every message of a subject that the stream has now to take.
func (v *Viewer) read(ctx context.Context, stream jetstream.Stream, subject string, take func(jetstream.Msg)) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	config := jetstream.ConsumerConfig{DeliverPolicy: jetstream.DeliverLastPerSubjectPolicy}
	return v.consume(ctx, stream, subject, config, func(m jetstream.Msg, meta *jetstream.MsgMetadata) bool {
		take(m)
		return meta.NumPending > 0
	})
}

// consume makes a consumer and hands what it delivers to take, until that returns false; where there is nothing at first, a consumer of
// what the stream has now ends at once. The error says why it ended: [errGap] where something was left out on the way. It is not an
// ordered consumer of the library, because that does not end with its context while no server answers.
func (v *Viewer) consume(ctx context.Context, stream jetstream.Stream, subject string, config jetstream.ConsumerConfig, take func(jetstream.Msg, *jetstream.MsgMetadata) bool) error {
	config.FilterSubject, config.AckPolicy = subject, jetstream.AckNonePolicy
	config.MemoryStorage, config.Replicas, config.InactiveThreshold = true, 1, unusedAfter
	consumer, err := stream.CreateConsumer(ctx, config)
	if err != nil {
		return err //nolint:wrapcheck // reason says it
	}
	if info := consumer.CachedInfo(); config.DeliverPolicy == jetstream.DeliverLastPerSubjectPolicy && info.NumPending == 0 {
		return nil
	}
	messages, err := consumer.Messages(jetstream.PullMaxMessages(256), jetstream.PullExpiry(pullExpiry), jetstream.PullHeartbeat(pullHeartbeat))
	if err != nil {
		return err //nolint:wrapcheck // reason says it
	}
	defer messages.Stop()
	for n := uint64(1); ; n++ {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err //nolint:wrapcheck // reason says it
		}
		meta, err := m.Metadata()
		if err != nil {
			return err //nolint:wrapcheck // reason says it
		}
		if meta.Sequence.Consumer != n {
			return errGap
		}
		if !take(m, meta) {
			return nil
		}
	}
}
