package fleet

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// serverEnv makes this test binary a NATS server: see [TestServerProcess].
const serverEnv = "ERRTOP_TEST_NATS_SERVER"

// processConfig is what a server process is told.
type processConfig struct {
	Name, Dir     string
	Client, Route int      // ports on loopback
	Routes        []string // of all servers of the cluster; empty for a server of its own
}

// TestServerProcess is not a test: it is a NATS server in a process of its own, which other tests start and kill. It ends with its standard
// input, so that it never outlives them.
func TestServerProcess(t *testing.T) {
	text := os.Getenv(serverEnv)
	if text == "" {
		t.Skip("started by other tests")
	}
	var c processConfig
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	options := &server.Options{
		ServerName: c.Name, Host: "127.0.0.1", Port: c.Client, JetStream: true, StoreDir: c.Dir, NoLog: true, NoSigs: true,
		JetStreamMaxMemory: 64 << 20, JetStreamMaxStore: 1 << 30,
	}
	if len(c.Routes) > 0 {
		// Clients know no other addresses than they were given: those of the proxy.
		options.Cluster = server.ClusterOpts{Name: "errtop", Host: "127.0.0.1", Port: c.Route, NoAdvertise: true}
		options.Routes = server.RoutesFromStr(strings.Join(c.Routes, ","))
	}
	s, err := server.NewServer(options)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(20 * time.Second) {
		t.Fatal("the server does not start")
	}
	fmt.Println("ready")
	_, _ = io.Copy(io.Discard, os.Stdin)
	s.Shutdown()
	s.WaitForShutdown()
}

// natsServer is a server process that can be killed and started again on its files.
type natsServer struct {
	config processConfig
	cmd    *exec.Cmd // nil while it is down
	stdin  io.Closer
}

func (s *natsServer) address() string { return fmt.Sprintf("127.0.0.1:%d", s.config.Client) }

// start starts the process and waits until it runs; what it has to find in its files takes longer.
func (s *natsServer) start(t testing.TB) {
	t.Helper()
	text, err := json.Marshal(s.config)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), os.Args[0], "-test.run=^TestServerProcess$", "-test.timeout=10m")
	cmd.Env = append(os.Environ(), serverEnv+"="+string(text))
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.cmd, s.stdin = cmd, stdin
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if line != "ready\n" {
		s.kill()
		t.Fatalf("server %s does not start: %q, %v", s.config.Name, line, err)
	}
}

// kill ends the process as kill -9 does.
func (s *natsServer) kill() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait() // it was killed
	_ = s.stdin.Close()
	s.cmd = nil
}

// freePorts returns ports on loopback that nobody listens on.
func freePorts(t testing.TB, n int) (ports []int) {
	t.Helper()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

// newCluster starts a number of servers as one cluster, or one alone, in processes of their own.
func newCluster(t testing.TB, n int) []*natsServer {
	t.Helper()
	dir := t.TempDir()
	ports := freePorts(t, 2*n)
	var routes []string
	for i := range n {
		routes = append(routes, fmt.Sprintf("nats://127.0.0.1:%d", ports[n+i]))
	}
	if n == 1 {
		routes = nil
	}
	servers := make([]*natsServer, n)
	for i := range servers {
		name := fmt.Sprintf("nats-%d", i+1)
		servers[i] = &natsServer{config: processConfig{Name: name, Dir: filepath.Join(dir, name), Client: ports[i], Route: ports[n+i], Routes: routes}}
		servers[i].start(t)
		t.Cleanup(servers[i].kill)
	}
	return servers
}

// makeStream makes the stream of a team as soon as the cluster has found a leader.
func makeStream(t testing.TB, servers []*natsServer, settings Settings) {
	t.Helper()
	conn, err := nats.Connect("nats://"+servers[0].address(), nats.MaxReconnects(-1))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	deadline, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	for {
		ctx, cancel := context.WithTimeout(deadline, 2*time.Second)
		err := EnsureStream(ctx, conn, settings)
		cancel()
		if err == nil {
			return
		}
		select {
		case <-deadline.Done():
			t.Fatalf("the cluster makes no stream: %v", err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
