//go:build !unix

package ingest

import (
	"context"
	"net"
)

// listenUnix makes a socket. Who may use it is up to its folder here.
func listenUnix(ctx context.Context, path string) (net.Listener, error) {
	if err := clearPath(ctx, path, false); err != nil {
		return nil, err
	}
	var config net.ListenConfig
	return config.Listen(ctx, "unix", path) //nolint:wrapcheck // Listen names the address
}

// ownFolder reports false: whose a folder is cannot be told here, so no socket is ever removed.
func ownFolder(string) bool { return false }
