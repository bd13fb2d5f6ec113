package probe

import (
	"context"
	"crypto/tls"
)

// askTCP connects and closes the connection.
func (r *run) askTCP(ctx context.Context) error {
	conn, err := dial(ctx, "tcp", r.plan.origin)
	if err != nil {
		return err
	}
	_ = conn.Close()
	return nil
}

func (p *plan) planTLS() error {
	config, err := tlsConfig(p.TLS)
	if err != nil {
		return err
	}
	if config.ServerName == "" {
		config.ServerName = p.url.Hostname()
	}
	p.CertWarn = orDefault(p.CertWarn, defaultCertWarn)
	p.ask = func(r *run, ctx context.Context) error { return r.askTLS(ctx, config) }
	return nil
}

// askTLS completes a handshake and keeps the connection's state.
func (r *run) askTLS(ctx context.Context, config *tls.Config) error {
	conn, err := dial(ctx, "tcp", r.plan.origin)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // nothing was written that could be lost
	r.trace.enter(handshaking)
	secured := tls.Client(conn, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		return err //nolint:wrapcheck // explain finds the words
	}
	r.trace.enter(starting)
	state := secured.ConnectionState()
	r.tls = &state
	r.expires.see(r.tls, r.plan.url.Hostname())
	return nil
}
