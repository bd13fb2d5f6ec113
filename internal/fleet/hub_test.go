package fleet

import (
	"context"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"errtop/tracker"
)

// testHub runs a hub made by InitHub on loopback, and returns the settings of one of its users.
func testHub(t *testing.T) (of func(role, name string) Settings) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	dir := t.TempDir()
	for _, team := range []HubPlan{
		{Team: "shop", Agents: []string{"web-1", "web-2"}, Viewers: []string{"ops"}, Watchers: []string{"pager-1", "pager-2"}},
		{Team: "other", Agents: []string{"web-1"}, Viewers: []string{"ops"}},
	} {
		team.Dir, team.Port, team.Hosts = dir, port, []string{"127.0.0.1"}
		if _, err := InitHub(team); err != nil {
			t.Fatal(err)
		}
	}
	ready := make(chan string, 1)
	run(t, func(ctx context.Context) error {
		return Hub{Dir: dir, Log: func(level, text string) { t.Log(level, text) }}.Run(ctx, func(address string) { ready <- address })
	})
	select {
	case <-ready:
	case <-time.After(30 * time.Second):
		t.Fatal("the hub does not start")
	}
	return func(role, name string) Settings {
		team := "shop"
		if rest, ok := strings.CutPrefix(name, "other/"); ok {
			team, name = "other", rest
		}
		return Settings{
			Servers: []string{"tls://" + l.Addr().String()}, Team: team, Name: name, Place: "eu-1",
			Credentials: keyPath(dir, team, role, name), CA: filepath.Join(dir, hubCA),
		}.withDefaults()
	}
}

// refused returns what a server says of a message that a user publishes, "" where it takes it.
func refused(t *testing.T, settings Settings, role, subject string) string {
	t.Helper()
	options, err := settings.connectOptions(role, func() {})
	if err != nil {
		t.Fatal(err)
	}
	said := make(chan error, 8)
	options = append(options, nats.RetryOnFailedConnect(false), nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { said <- err }))
	conn, err := nats.Connect(settings.Servers[0], options...)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Publish(subject, []byte("{}")); err != nil {
		t.Fatal(err)
	}
	for range 2 { // what the server says comes before its answer to the second
		if err := conn.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case err := <-said:
		return err.Error()
	case <-time.After(200 * time.Millisecond):
		return ""
	}
}

// Whoever has a key of the hub may do what its role needs, and nothing else.
func TestTheHubHoldsUsersToTheirRoles(t *testing.T) {
	of := testHub(t)
	for _, c := range []struct {
		role, name, subject string
		may                 bool
	}{
		{roleAgent, "web-1", "errtop.v1.shop.web-1.state", true},
		{roleAgent, "web-1", "errtop.v1.shop.web-2.state", false},
		{roleAgent, "web-1", "errtop.v1.other.web-1.state", false},
		{roleAgent, "web-1", "$JS.API.STREAM.DELETE." + StreamOf("shop"), false},
		{roleViewer, "ops", "errtop.v1.shop.web-1.state", false},
		{roleViewer, "ops", "$JS.API.STREAM.PURGE." + StreamOf("shop"), false},
		{roleViewer, "ops", "$KV." + bucketOf("shop") + "." + turnKey, false},
		{roleWatcher, "pager-1", "$KV." + bucketOf("shop") + "." + turnKey, true},
		{roleWatcher, "pager-1", "errtop.v1.shop.web-1.state", false},
	} {
		said := refused(t, of(c.role, c.name), c.role, c.subject)
		if c.may != (said == "") || !c.may && !strings.Contains(strings.ToLower(said), "permissions violation") {
			t.Errorf("%s %s publishes %s: %q", c.role, c.name, c.subject, said)
		}
	}
}

// Agents, viewers and watchers work with no more than their roles, and a team sees nothing of another.
func TestAHubServesAgentsViewersAndWatchers(t *testing.T) {
	of := testHub(t)
	tr := liveTracker()
	now := time.Now()
	for i, status := range []int{200, 200, 503} {
		tr.Record(now, []tracker.Result{result(now.Add(time.Duration(i-3)*time.Second), "checkout", status)})
	}
	agentOn(t, of(roleAgent, "web-1"), tr)
	until(t, viewerOn(t, of(roleViewer, "ops")), counted(3, 1))
	foreign := viewerOn(t, of(roleViewer, "other/ops"))
	a := NewTeller(of(roleWatcher, "pager-1"), func(text string) { t.Log(text) })
	stop := run(t, a.Run)
	untilTells(t, a)
	if err := a.Told(t.Context(), "abc"); err != nil {
		t.Fatal(err)
	}
	b := NewTeller(of(roleWatcher, "pager-2"), func(text string) { t.Log(text) })
	run(t, b.Run)
	stop()
	untilTells(t, b)
	if told, err := b.WasTold(t.Context(), "abc"); err != nil || !told {
		t.Errorf("the next watcher does not know what was told: %v", err)
	}
	if n := foreign.Snapshot(time.Now()).Overall.Day.Requests; n != 0 {
		t.Errorf("another team sees %d requests", n)
	}
}
