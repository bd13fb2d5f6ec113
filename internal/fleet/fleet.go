// Package fleet joins many machines over NATS JetStream: a [Publisher] sends what the tracker of one errtop counts, a [Viewer] sums up
// what all of them sent, place by place.
//
// What is sent is an absolute value with a revision: all that a machine counted in one hour. The newest revision replaces those before,
// so that a message that arrives twice, late or out of order is counted once, and one that is lost is made up for by the next. What no
// server confirmed stays in the tracker, which remembers a day, and is sent again.
//
// Nothing here decides or tells anything: alerts and screens look at the Viewer's snapshots. Consensus, replication and storage are
// JetStream's.
package fleet

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"errtop/internal/safefile"
)

// Settings say where the servers are and who we are.
type Settings struct {
	Servers     []string      // nats://host:port, tls://host:port
	Team        string        // "default"
	Place       string        // where this machine is: "eu-1"
	Name        string        // of this machine
	Credentials string        // path of a .creds file (JWT) or of an NKey seed; "" for none
	Token       func() string // asked at every connection; nil for none
	CA          string        // path of a PEM file
	Cert, Key   string        // paths of PEM files

	Replicas int           // of the stream, where it has to be made
	MaxAge   time.Duration // of messages in the stream
	MaxBytes int64         // of the stream

	Version string // of this errtop

	pace   pace                       // zero: the usual one
	server nats.InProcessConnProvider // to connect to without a network; nil: by Servers
}

func (s Settings) withDefaults() Settings {
	s.Team = cmp.Or(s.Team, "default")
	s.Replicas = cmp.Or(s.Replicas, 1)
	s.MaxAge = cmp.Or(s.MaxAge, 26*time.Hour)
	s.MaxBytes = cmp.Or(s.MaxBytes, 1<<30)
	if s.pace == (pace{}) {
		s.pace = usualPace
	}
	if s.Name == "" {
		s.Name, _ = os.Hostname()
	}
	return s
}

// connectOptions are how every connection of ours behaves: it goes on trying for good, and says when it comes and goes.
func (s *Settings) connectOptions(role string, changed func()) ([]nats.Option, error) {
	options := []nats.Option{
		nats.Name("errtop " + role + " " + s.Name), nats.MaxReconnects(-1), nats.RetryOnFailedConnect(true),
		nats.ReconnectWait(s.pace.reconnect), nats.ReconnectJitter(s.pace.reconnect/2, s.pace.reconnect), nats.Timeout(3 * time.Second),
		nats.PingInterval(s.pace.ping), nats.MaxPingsOutstanding(2), nats.ReconnectBufSize(-1),
		nats.CustomInboxPrefix("_INBOX." + token(s.Team) + "." + token(s.Name)),
		nats.ConnectHandler(func(*nats.Conn) { changed() }), nats.ReconnectHandler(func(*nats.Conn) { changed() }),
		nats.DisconnectErrHandler(func(*nats.Conn, error) { changed() }),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}), // shown by what does not arrive; the default prints to standard error
	}
	if s.server != nil {
		options = append(options, nats.InProcessServer(s.server))
	}
	if s.Token != nil {
		options = append(options, nats.TokenHandler(s.Token))
	}
	if s.Credentials != "" {
		option, err := credentials(s.Credentials)
		if err != nil {
			return nil, err
		}
		options = append(options, option)
	}
	config, err := s.tls()
	if err != nil {
		return nil, err
	}
	if config != nil {
		options = append(options, nats.Secure(config))
	}
	return options, nil
}

// maxKeyFile bounds a file of credentials or certificates, in bytes.
const maxKeyFile = 1 << 20

// credentials reads a file that holds either the JWT and seed that nsc writes, or just the seed of an NKey.
func credentials(path string) (nats.Option, error) {
	text, err := safefile.Read(path, maxKeyFile)
	if err != nil {
		return nil, fmt.Errorf("fleet: credentials: %w", err)
	}
	if strings.Contains(string(text), "BEGIN NATS USER JWT") {
		return nats.UserCredentialBytes(text), nil
	}
	pair, err := nkeys.ParseDecoratedNKey(text)
	if err != nil {
		return nil, fmt.Errorf("fleet: credentials: %s holds neither a JWT nor the seed of an NKey", path)
	}
	public, err := pair.PublicKey()
	if err != nil {
		return nil, fmt.Errorf("fleet: credentials: %s: %w", path, err)
	}
	return nats.Nkey(public, pair.Sign), nil
}

// tls returns how the connection is secured beyond what the servers' addresses say; nil for nothing.
func (s *Settings) tls() (*tls.Config, error) {
	if s.CA == "" && s.Cert == "" {
		return nil, nil //nolint:nilnil // nothing is set
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.CA != "" {
		pem, err := safefile.Read(s.CA, maxKeyFile)
		if err != nil {
			return nil, fmt.Errorf("fleet: ca: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("fleet: ca: %s holds no certificate", s.CA)
		}
	}
	if s.Cert != "" {
		pair, err := tls.LoadX509KeyPair(s.Cert, s.Key)
		if err != nil {
			return nil, fmt.Errorf("fleet: cert: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// connect returns a connection that is there or keeps trying.
func (s *Settings) connect(role string, changed func()) (*nats.Conn, error) {
	options, err := s.connectOptions(role, changed)
	if err != nil {
		return nil, err
	}
	if len(s.Servers) == 0 {
		return nil, errors.New("fleet: no servers")
	}
	conn, err := nats.Connect(strings.Join(s.Servers, ","), options...)
	if err != nil {
		return nil, fmt.Errorf("fleet: %w", err)
	}
	return conn, nil
}

// Check says what is wrong with settings, as far as that takes no connection.
func (s Settings) Check() error {
	_, err := s.connectOptions("check", func() {})
	return err
}
