package fleet

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats-server/v2/server/ats"
)

// ofVirtualTime names the test that a process runs in virtual time.
const ofVirtualTime = "ERRTOP_TEST_OF_VIRTUAL_TIME"

// inVirtualTime runs a test with a NATS server and all that it starts in virtual time: what takes hours takes as long as the processor
// needs. Each has a process of its own, because the client of NATS keeps timers for whoever needs one next, and those of one bubble must
// not be used in another.
func inVirtualTime(t *testing.T, test func(t *testing.T, settings Settings)) {
	t.Helper()
	if os.Getenv(ofVirtualTime) != t.Name() {
		runInProcess(t)
		return
	}
	ats.Register() // the server's own clock, which would not end with the test
	defer ats.Unregister()
	synctest.Test(t, func(t *testing.T) {
		s, err := server.NewServer(&server.Options{JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true, DontListen: true})
		if err != nil {
			t.Fatal(err)
		}
		s.Start()
		t.Cleanup(func() {
			s.Shutdown()
			s.WaitForShutdown()
		})
		time.Sleep(time.Second)
		test(t, Settings{Servers: []string{"nats://in.process:4222"}, Team: "shop", server: s})
	})
}

// runInProcess runs the calling test in a process of its own.
func runInProcess(t *testing.T) {
	t.Helper()
	var names []string
	for name := range strings.SplitSeq(t.Name(), "/") {
		names = append(names, "^"+regexp.QuoteMeta(name)+"$")
	}
	arguments := []string{"-test.run=" + strings.Join(names, "/"), "-test.v", "-test.timeout=5m"}
	if testing.Short() {
		arguments = append(arguments, "-test.short")
	}
	process := exec.CommandContext(t.Context(), os.Args[0], arguments...)
	process.Env = append(os.Environ(), ofVirtualTime+"="+t.Name())
	output, err := process.CombinedOutput()
	t.Logf("%s", output)
	if err != nil {
		t.Fatal(err)
	}
}
