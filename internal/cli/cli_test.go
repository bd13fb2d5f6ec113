//go:build unix

package cli

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes this test binary also stand in for errtop, under that name on the PATH.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"errtop":        func() { os.Exit(Main(os.Args[1:], testProcess())) },
		"errtop-panics": panickingDashboard,
		"errtop-noisy":  noisyDashboard,
	})
}

func testProcess() Process {
	example, err := os.ReadFile(os.Getenv("ERRTOP_EXAMPLE"))
	if err != nil {
		example = []byte("# no example\n")
	}
	return Process{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, LookupEnv: os.LookupEnv, ExampleConfig: example}
}

func TestCommands(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			example, err := os.Getwd()
			env.Setenv("ERRTOP_EXAMPLE", example+"/../../config.example.toml")
			return err
		},
	})
}

func TestStatsThatWereStoppedFail(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.ndjson")
	if err := os.WriteFile(path, []byte(`{"status":500,"target":"a"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	a := &app{Process: testProcess()}
	root := a.root()
	root.SetArgs([]string{"stats", path})
	err := root.ExecuteContext(ctx)
	if status := report(io.Discard, err); status != statusFailed {
		t.Errorf("exit status %d: %v", status, err)
	}
}
