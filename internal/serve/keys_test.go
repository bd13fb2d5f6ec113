package serve

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gossh "golang.org/x/crypto/ssh"
)

func newKey(t *testing.T) (gossh.Signer, string) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := gossh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer, strings.TrimSpace(string(gossh.MarshalAuthorizedKey(signer.PublicKey())))
}

// Keys that may do less than open a terminal elsewhere may do nothing here.
func TestOptionsOfAuthorizedKeysAreObeyed(t *testing.T) {
	signer, line := newKey(t)
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	from := netip.MustParseAddr("192.0.2.7")
	for _, test := range []struct {
		line   string
		access Access
		why    string
	}{
		{line + " alice", MayLook, ""},
		{line + " alice errtop=act", MayAct, ""},
		{line + " errtop=act alice", MayAct, ""},
		{line, MayLook, ""},
		{line + " alice errtop=none", NoAccess, "access is none"},
		{line + " alice errtop=root", NoAccess, "errtop=root is not"},
		{"command=\"rsync --server\" " + line + " backup", NoAccess, "option command"},
		{"restrict " + line, NoAccess, "option restrict"},
		{"no-pty " + line, NoAccess, "option no-pty"},
		{"cert-authority " + line, NoAccess, "option cert-authority"},
		{"unheard-of=\"1\" " + line, NoAccess, "option unheard-of"},
		{"no-port-forwarding,no-X11-forwarding,no-agent-forwarding " + line, MayLook, ""},
		{"environment=\"A=command=x\" " + line, MayLook, ""},
		{"from=\"192.0.2.0/24,!192.0.2.9\" " + line, MayLook, ""},
		{"from=\"192.0.2.*\" " + line, MayLook, ""},
		{"from=\"!192.0.2.7,192.0.2.0/24\" " + line, NoAccess, "from there"},
		{"from=\"10.0.0.0/8,desk.example\" " + line, NoAccess, "from there"},
		{"expiry-time=\"20261126\" " + line, MayLook, ""},
		{"expiry-time=\"202611251159Z\" " + line, NoAccess, "has expired"},
		{"expiry-time=\"soon\" " + line, NoAccess, "not understood"},
		{"# " + line, NoAccess, "not among"},
		{"", NoAccess, "not among"},
	} {
		keys := &Keys{Access: MayLook, Read: func(context.Context) ([]byte, error) {
			return []byte("\n# keys\nnonsense\n" + test.line + "\r\n"), nil
		}}
		entry, err := keys.find(t.Context(), signer.PublicKey(), from, now)
		switch {
		case test.why == "" && err != nil:
			t.Errorf("%s: %v", test.line, err)
		case test.why == "" && entry.access != test.access:
			t.Errorf("%s: %v", test.line, entry.access)
		case test.why != "" && (err == nil || !strings.Contains(err.Error(), test.why)):
			t.Errorf("%s: %v, not %q", test.line, err, test.why)
		}
	}
}

func TestACommentIsHarmless(t *testing.T) {
	signer, line := newKey(t)
	keys := parseKeys([]byte(line+" a\x1b]0;x\x07b password=hunter2hunter2\n"+line+"\n"), MayLook)
	if len(keys) != 2 || strings.ContainsAny(keys[0].name, "\x1b\x07") || strings.Contains(keys[0].name, "hunter2") {
		t.Errorf("%+v", keys)
	}
	if keys[1].name != gossh.FingerprintSHA256(signer.PublicKey()) {
		t.Errorf("a key without a comment is called %q", keys[1].name)
	}
}

func TestKeysAreReadAgainAfterAWhile(t *testing.T) {
	signer, line := newKey(t)
	read, problem := 0, error(nil)
	keys := &Keys{Access: MayLook, Read: func(context.Context) ([]byte, error) { read++; return []byte(line), problem }}
	now := time.Now()
	for range 10 {
		if _, err := keys.find(t.Context(), signer.PublicKey(), netip.Addr{}, now); err != nil {
			t.Fatal(err)
		}
	}
	if read != 1 {
		t.Errorf("read %d times", read)
	}
	problem = errors.New("gone")
	if _, err := keys.find(t.Context(), signer.PublicKey(), netip.Addr{}, now.Add(keysKept)); err == nil {
		t.Error("somebody came in although the keys cannot be read")
	}
}

func TestKeysThatOthersCouldWriteAreNotRead(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no such bits")
	}
	path := filepath.Join(t.TempDir(), "authorized_keys")
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := KeysFile(path)(t.Context()); err != nil || string(text) != "x" {
		t.Errorf("%q %v", text, err)
	}
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := KeysFile(path)(t.Context()); err == nil || !strings.Contains(err.Error(), "others may write") {
		t.Errorf("%v", err)
	}
	if _, err := KeysFile(filepath.Dir(path))(t.Context()); err == nil {
		t.Error("a folder was read")
	}
}

func TestKeysComeFromACommand(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no sh")
	}
	if text, err := KeysCommand([]string{"sh", "-c", "echo $0", "a key"})(t.Context()); err != nil || string(text) != "a key\n" {
		t.Errorf("%q %v", text, err)
	}
	if _, err := KeysCommand([]string{"sh", "-c", "exit 3"})(t.Context()); err == nil {
		t.Error("a command that failed lets somebody in")
	}
	text, err := KeysCommand([]string{"head", "-c", "3000000", "/dev/zero"})(t.Context())
	if err != nil || len(text) != maxKeys {
		t.Errorf("%d bytes, %v", len(text), err)
	}
}

func TestTheHostKeyIsMadeOnceForItsOwner(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "errtop", "key")
	first, err := HostKey(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 && runtime.GOOS != "windows" {
		t.Errorf("%v %v", info.Mode(), err)
	}
	again, err := HostKey(path)
	if err != nil || gossh.FingerprintSHA256(first.PublicKey()) != gossh.FingerprintSHA256(again.PublicKey()) {
		t.Errorf("another key: %v", err)
	}
	if runtime.GOOS == "windows" {
		return
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := HostKey(path); err == nil || !strings.Contains(err.Error(), "others can read") {
		t.Errorf("%v", err)
	}
}

// address is a connection's other end.
type address struct {
	net.Conn
	from   string
	closed bool
}

func (a *address) RemoteAddr() net.Addr {
	addr, _ := net.ResolveTCPAddr("tcp", a.from)
	return addr
}

func (a *address) Close() error { a.closed = true; return nil }

func (a *address) Read(p []byte) (int, error) { return len(p), nil }

func TestFailedLoginsAreForgivenOneByOne(t *testing.T) {
	now := time.Now()
	a := newAdmission(100, func() time.Time { return now })
	fail := func(from string) bool {
		h := a.let(&address{from: from})
		if h == nil {
			return false
		}
		_, _ = h.Read(make([]byte, 1))
		a.end(h)
		return true
	}
	tried := 0
	for fail("192.0.2.1:1000") {
		tried++
	}
	if tried != failuresAtOnce {
		t.Errorf("%d tries", tried)
	}
	if !fail("192.0.2.2:1000") || !fail("[2001:db8::1]:1") {
		t.Error("others are kept out too")
	}
	now = now.Add(failureForgot)
	if !fail("192.0.2.1:1000") || fail("192.0.2.1:1000") {
		t.Error("not forgiven, or too much")
	}
	for i := range maxAddresses + 300 {
		fail(fmt.Sprintf("10.%d.%d.1:1", i/256, i%256))
	}
	if len(a.failures) > maxAddresses {
		t.Errorf("%d addresses are remembered", len(a.failures))
	}
	if fail("192.0.2.1:1000") {
		t.Error("many others made the guilty forgotten")
	}
}

func TestTheOldestOfTheCrowdMakesWay(t *testing.T) {
	a := newAdmission(100, time.Now)
	guest := &address{from: "192.0.2.9:1"}
	if a.let(guest) == nil {
		t.Fatal("nobody is let in")
	}
	crowd := make([]*address, maxPending)
	for i := range crowd {
		crowd[i] = &address{from: fmt.Sprintf("192.0.2.1:%d", i+1)}
		if a.let(crowd[i]) == nil {
			t.Fatal("refused")
		}
	}
	if guest.closed || !crowd[0].closed || crowd[1].closed {
		t.Errorf("guest %v, crowd %v %v", guest.closed, crowd[0].closed, crowd[1].closed)
	}
}

func TestKeysComeAtABoundedRateAndSilenceEndsAViewer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ended := make(chan error, 1)
		began := time.Now()
		k := newKeys(ctx, &address{}, time.Hour, func(err error) { ended <- err })
		p, n := make([]byte, 512), 0
		for n < keysAtOnce+10*keysPerSecond {
			got, err := k.Read(p)
			if err != nil {
				t.Fatal(err)
			}
			n += got
		}
		if took := time.Since(began); took < 9*time.Second || took > 11*time.Second {
			t.Errorf("%d bytes in %v", n, took)
		}
		time.Sleep(time.Hour - time.Second)
		if len(ended) > 0 {
			t.Error("ended too early")
		}
		time.Sleep(2 * time.Second)
		if err := <-ended; !errors.Is(err, errIdle) {
			t.Error(err)
		}
	})
}
