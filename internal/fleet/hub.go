package fleet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// Hub is a NATS server with JetStream in this process, for a team that has none.
type Hub struct {
	Dir    string // what [InitHub] wrote
	Config string // of the server; "" for hub.conf in Dir
	Log    func(level, text string)
}

// hubStart is how long a server may take until it takes connections: JetStream reads its store first.
const hubStart = 30 * time.Second

// Run runs the server until ctx is done. ready is called with its address once it takes connections.
func (h Hub) Run(ctx context.Context, ready func(address string)) error {
	path := h.Config
	if path == "" {
		path = filepath.Join(h.Dir, hubConfig)
	}
	options, err := server.ProcessConfigFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("hub: %s is not there: %w", path, os.ErrNotExist)
	}
	if err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	options.NoSigs, options.NoLog = true, true
	s, err := server.NewServer(options)
	if err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	s.SetLoggerV2(hubLog{h.Log}, false, false, false)
	s.Start()
	defer func() {
		s.Shutdown()
		s.WaitForShutdown()
	}()
	if !s.ReadyForConnections(hubStart) {
		return errors.New("hub: the server does not take connections; its log says why")
	}
	if options.JetStream && !s.JetStreamEnabled() {
		return errors.New("hub: JetStream could not be started; the log says why")
	}
	if err := h.makeStreams(ctx, s); err != nil {
		return err
	}
	ready(s.ClientURL())
	<-ctx.Done()
	return nil
}

// makeStreams makes the stream of every team that has keys in the folder.
func (h Hub) makeStreams(ctx context.Context, s *server.Server) error {
	teams, err := teamsOf(h.Dir)
	if err != nil {
		return err
	}
	for _, team := range teams {
		credentials, err := credentials(keyPath(h.Dir, team, roleHub, roleHub))
		if err != nil {
			return err
		}
		conn, err := nats.Connect("", nats.InProcessServer(s), credentials, nats.Name("errtop hub"))
		if err != nil {
			return fmt.Errorf("hub: %w", err)
		}
		err = EnsureStream(ctx, conn, Settings{Team: team})
		if err == nil {
			err = ensureBuckets(ctx, conn, Settings{Team: team})
		}
		conn.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// hubLog hands the server's log on.
type hubLog struct{ log func(level, text string) }

func (l hubLog) say(level, format string, values []any) {
	if l.log != nil {
		l.log(level, fmt.Sprintf(format, values...))
	}
}

func (l hubLog) Noticef(format string, v ...any) { l.say("info", format, v) }
func (l hubLog) Warnf(format string, v ...any)   { l.say("warn", format, v) }
func (l hubLog) Fatalf(format string, v ...any)  { l.say("error", format, v) }
func (l hubLog) Errorf(format string, v ...any)  { l.say("error", format, v) }
func (l hubLog) Debugf(string, ...any)           {}
func (l hubLog) Tracef(string, ...any)           {}
