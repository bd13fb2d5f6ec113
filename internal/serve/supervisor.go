package serve

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// Supervisor is the service manager that started this process, told how it is over the datagram socket that sd_notify(3) describes.
// The zero value tells nobody.
type Supervisor struct {
	socket   string
	watchdog time.Duration
}

// FindSupervisor returns the service manager that the environment names: NOTIFY_SOCKET is where it listens, WATCHDOG_USEC and
// WATCHDOG_PID how often it wants to hear from this process.
func FindSupervisor(lookupEnv func(string) (string, bool)) Supervisor {
	socket, _ := lookupEnv("NOTIFY_SOCKET")
	if !strings.HasPrefix(socket, "/") && !strings.HasPrefix(socket, "@") {
		return Supervisor{}
	}
	s := Supervisor{socket: socket}
	if pid, ok := lookupEnv("WATCHDOG_PID"); ok && pid != strconv.Itoa(os.Getpid()) {
		return s // meant for another process
	}
	text, _ := lookupEnv("WATCHDOG_USEC")
	if usec, err := strconv.ParseInt(text, 10, 64); err == nil && usec > 0 && usec < int64(24*time.Hour/time.Microsecond) {
		s.watchdog = time.Duration(usec) * time.Microsecond
	}
	return s
}

// Watchdog returns how often [Supervisor.Alive] is to be called: half of the time after which the service manager takes this process
// for hung. Zero where it does not watch.
func (s Supervisor) Watchdog() time.Duration { return s.watchdog / 2 }

// Ready says that start-up or a reload is over. The status is shown by systemctl status.
func (s Supervisor) Ready(ctx context.Context, status string) error {
	return s.tell(ctx, "READY=1\nSTATUS="+oneLine(status))
}

// Reloading says that the settings are read again. [Supervisor.Ready] says when that is over.
func (s Supervisor) Reloading(ctx context.Context) error {
	return s.tell(ctx, "RELOADING=1\nMONOTONIC_USEC="+strconv.FormatInt(monotonic().Microseconds(), 10))
}

// Status says how things are, in one line for people.
func (s Supervisor) Status(ctx context.Context, status string) error {
	return s.tell(ctx, "STATUS="+oneLine(status))
}

// Alive says that this process works.
func (s Supervisor) Alive(ctx context.Context) error { return s.tell(ctx, "WATCHDOG=1") }

// Stopping says that this process is about to end.
func (s Supervisor) Stopping(ctx context.Context) error { return s.tell(ctx, "STOPPING=1") }

// tell sends one datagram.
func (s Supervisor) tell(ctx context.Context, state string) error {
	if s.socket == "" {
		return nil
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unixgram", s.socket)
	if err != nil {
		return fmt.Errorf("service manager: %w", err)
	}
	defer conn.Close() //nolint:errcheck // the datagram is sent or it is not
	if _, err := conn.Write([]byte(state)); err != nil {
		return fmt.Errorf("service manager: %w", err)
	}
	return nil
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
