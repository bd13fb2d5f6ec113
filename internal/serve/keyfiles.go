package serve

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	gossh "golang.org/x/crypto/ssh"

	"errtop/internal/safefile"
)

// maxKeys bounds what is read of authorized keys, in bytes.
const maxKeys = 1 << 20

// KeysFile reads authorized keys from a file, which like sshd's nobody but its owner may be able to write.
func KeysFile(path string) func(context.Context) ([]byte, error) {
	return func(context.Context) ([]byte, error) {
		if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() { // to open a pipe waits for its writer
			return nil, fmt.Errorf("authorized keys: %s is not a regular file", path)
		}
		file, err := os.Open(path) //nolint:gosec // the user names the file
		if err != nil {
			return nil, fmt.Errorf("authorized keys: %w", err)
		}
		defer file.Close() //nolint:errcheck // only read from
		info, err := file.Stat()
		switch {
		case err != nil:
			return nil, fmt.Errorf("authorized keys: %w", err)
		case !info.Mode().IsRegular():
			return nil, fmt.Errorf("authorized keys: %s is not a regular file", path)
		case info.Mode().Perm()&0o022 != 0 && runtime.GOOS != "windows":
			return nil, fmt.Errorf("authorized keys: others may write to %s; chmod 600 it", path)
		}
		text, err := io.ReadAll(io.LimitReader(file, maxKeys))
		if err != nil {
			return nil, fmt.Errorf("authorized keys: %w", err)
		}
		return text, nil
	}
}

// KeysCommand reads authorized keys from what a command prints.
func KeysCommand(args []string) func(context.Context) ([]byte, error) {
	return func(ctx context.Context) ([]byte, error) {
		command := exec.CommandContext(ctx, args[0], args[1:]...) //nolint:gosec // the user names the command
		var out limitedBuffer
		command.Stdout, command.WaitDelay = &out, controlTimeout
		if err := command.Run(); err != nil {
			return nil, fmt.Errorf("authorized keys: %s: %w", filepath.Base(args[0]), err)
		}
		return out.kept.Bytes(), nil
	}
}

// limitedBuffer keeps the first maxKeys bytes.
type limitedBuffer struct{ kept bytes.Buffer }

func (b *limitedBuffer) Write(p []byte) (int, error) {
	_, _ = b.kept.Write(p[:min(len(p), max(maxKeys-b.kept.Len(), 0))]) // a buffer takes everything
	return len(p), nil
}

// HostKey returns the host key at path, and makes it where there is none: an Ed25519 key that only its owner can read.
func HostKey(path string) (gossh.Signer, error) {
	text, err := safefile.Read(path, maxKeys)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = makeHostKey(path)
	}
	if err != nil {
		return nil, fmt.Errorf("ssh cannot identify this host: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("ssh cannot identify this host: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("others can read the ssh host key %s; chmod 600 it, or remove it to have a new one made", path)
	}
	signer, err := gossh.ParsePrivateKey(text)
	if err != nil {
		return nil, fmt.Errorf("ssh cannot identify this host with %s: %w", path, err)
	}
	return signer, nil
}

// makeHostKey writes a new host key to path. Where another process does the same at the same time, the first one's stays.
func makeHostKey(path string) ([]byte, error) {
	text, err := newHostKey()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err //nolint:wrapcheck // a PathError names the folder
	}
	if err := safefile.Create(path, text); errors.Is(err, fs.ErrExist) {
		return os.ReadFile(path) //nolint:gosec,wrapcheck // the user names the file, a PathError too
	} else if err != nil {
		return nil, err
	}
	return text, nil
}

// newHostKey returns a new Ed25519 key as OpenSSH writes it.
func newHostKey() ([]byte, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller says what it was for
	}
	block, err := gossh.MarshalPrivateKey(private, "errtop watch")
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller says what it was for
	}
	return pem.EncodeToMemory(block), nil
}
