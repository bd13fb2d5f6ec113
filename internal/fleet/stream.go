package fleet

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// StreamConfig returns how the stream of a team is made: of every subject the newest message only, within bounds of age and size.
func StreamConfig(s Settings) jetstream.StreamConfig {
	s = s.withDefaults()
	return jetstream.StreamConfig{
		Name: StreamOf(s.Team), Description: "what errtop's agents of team " + s.Team + " count",
		Subjects: streamSubjects(s.Team), Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardOld,
		MaxMsgsPerSubject: 1, MaxAge: s.MaxAge, MaxBytes: s.MaxBytes, MaxMsgSize: maxMessage,
		Storage: jetstream.FileStorage, Replicas: s.Replicas, AllowDirect: true,
	}
}

// EnsureStream makes the stream of a team where there is none. One that is there is left as its owner made it.
func EnsureStream(ctx context.Context, conn *nats.Conn, s Settings) error {
	js, err := jetstream.New(conn)
	if err != nil {
		return fmt.Errorf("fleet: %w", err)
	}
	config := StreamConfig(s)
	if _, err := js.Stream(ctx, config.Name); err == nil || !errors.Is(err, jetstream.ErrStreamNotFound) {
		return err //nolint:wrapcheck // nil, or what the caller wraps
	}
	if _, err = js.CreateStream(ctx, config); err != nil && !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		return fmt.Errorf("fleet: make stream %s: %w", config.Name, err)
	}
	return nil
}
