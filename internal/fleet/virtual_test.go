package fleet

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats-server/v2/server/ats"
)

// inVirtualTime runs a test with a NATS server and all that it starts in virtual time: what takes hours takes as long as the processor
// needs.
func inVirtualTime(t *testing.T, test func(t *testing.T, settings Settings)) {
	t.Helper()
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
