package fleet

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"errtop/internal/safego"
)

const (
	turnKey   = "teller"
	turnEvery = 4 * time.Second // how often the key is said again
	// toldTTL is how long it is remembered what was told: longer than a watcher takes to notice that another is gone.
	toldTTL = 10 * time.Minute
)

// Teller decides which of several watchers of a fleet tells the receivers: the one that holds a key in a bucket of JetStream. A key that
// is not said again expires after 15 s, and another watcher takes it. What was told is kept beside it, so that whoever takes over does
// not tell it once more.
type Teller struct {
	settings Settings
	notice   func(string)

	mu       sync.Mutex
	told     jetstream.KeyValue // nil until there is a connection
	since    time.Time          // when the turn began; zero without
	until    time.Time          // the turn holds until then unless it is said again
	revision uint64
	problem  string
}

// NewTeller returns a Teller that does not run yet, and has not the turn.
func NewTeller(settings Settings, notice func(string)) *Teller {
	return &Teller{settings: settings.withDefaults(), notice: notice}
}

// Run keeps the turn, or tries to get it, until ctx is done; then it gives it away.
func (t *Teller) Run(ctx context.Context) error {
	conn, err := t.settings.connect("watcher", func() {})
	if err != nil {
		return err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return fmt.Errorf("fleet: %w", err)
	}
	group, ctx := safego.WithContext(ctx)
	group.Go(func() error {
		tick := time.NewTicker(turnEvery)
		defer tick.Stop()
		var turns jetstream.KeyValue
		for {
			if turns == nil {
				turns = t.open(ctx, conn, js)
			}
			if turns != nil {
				t.note(t.take(ctx, turns))
			}
			select {
			case <-ctx.Done():
				t.leave(context.WithoutCancel(ctx), turns)
				return nil
			case <-tick.C:
			}
		}
	})
	return group.Wait()
}

// open returns the bucket of the turn, made where there is none; nil where it cannot be reached.
func (t *Teller) open(ctx context.Context, conn *nats.Conn, js jetstream.JetStream) jetstream.KeyValue {
	ctx, cancel := context.WithTimeout(ctx, t.settings.pace.ack)
	defer cancel()
	turns, err := js.KeyValue(ctx, bucketOf(t.settings.Team))
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		if err = ensureBuckets(ctx, conn, t.settings); err == nil {
			turns, err = js.KeyValue(ctx, bucketOf(t.settings.Team))
		}
	}
	if err != nil {
		t.note(err)
		return nil
	}
	told, err := js.KeyValue(ctx, toldBucketOf(t.settings.Team))
	if err != nil {
		t.note(err)
		return nil
	}
	t.mu.Lock()
	t.told = told
	t.mu.Unlock()
	return turns
}

// take says the key again, or takes it where nobody has it. The turn holds from before the request was sent, so that it ends here
// before it ends there.
func (t *Teller) take(ctx context.Context, turns jetstream.KeyValue) error {
	ctx, cancel := context.WithTimeout(ctx, turnEvery)
	defer cancel()
	asked := time.Now()
	t.mu.Lock()
	mine, revision := t.until.After(asked), t.revision
	t.mu.Unlock()
	var err error
	if mine {
		revision, err = turns.Update(ctx, turnKey, []byte(t.settings.Name), revision)
	} else {
		revision, err = turns.Create(ctx, turnKey, []byte(t.settings.Name))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case err == nil:
		if !mine {
			t.since = asked
		}
		const early = 2 * time.Second
		t.until, t.revision = asked.Add(bucketTTL-early), revision
		return nil
	case errors.Is(err, jetstream.ErrKeyExists):
		t.until = time.Time{} // somebody else has it
		return nil
	default:
		return err //nolint:wrapcheck // note says it
	}
}

// leave gives the turn away, so that another watcher need not wait.
func (t *Teller) leave(ctx context.Context, turns jetstream.KeyValue) {
	t.mu.Lock()
	mine, revision := t.until.After(time.Now()), t.revision
	t.until = time.Time{}
	t.mu.Unlock()
	if turns == nil || !mine {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_ = turns.Delete(ctx, turnKey, jetstream.LastRevision(revision)) // it expires otherwise
}

// note tells people once why nobody can agree on the turn.
func (t *Teller) note(err error) {
	problem := ""
	if err != nil && !errors.Is(err, context.Canceled) {
		problem = err.Error()
	}
	t.mu.Lock()
	changed := problem != t.problem
	t.problem = problem
	t.mu.Unlock()
	if changed && problem != "" {
		t.notice("fleet: the watchers cannot agree on who tells (" + problem + "): this one tells nobody")
	}
}

// Tells reports whether this watcher is the one that tells, and since when.
func (t *Teller) Tells(now time.Time) (since time.Time, yes bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.since, t.until.After(now)
}

// WasTold reports whether a watcher told what a key stands for in the last minutes. An error says that nobody knows.
func (t *Teller) WasTold(ctx context.Context, key string) (bool, error) {
	told := t.bucket()
	if told == nil {
		return false, errors.New("fleet: no connection")
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_, err := told.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return false, nil
	}
	return err == nil, err //nolint:wrapcheck // the caller only asks whether there is one
}

// Told notes that what a key stands for was told. Keys are letters and digits.
func (t *Teller) Told(ctx context.Context, key string) error {
	told := t.bucket()
	if told == nil {
		return errors.New("fleet: no connection")
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_, err := told.Put(ctx, key, []byte(t.settings.Name))
	return err //nolint:wrapcheck // the caller only asks whether there is one
}

func (t *Teller) bucket() jetstream.KeyValue {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.told
}
