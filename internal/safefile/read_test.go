package safefile_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"errtop/internal/safefile"
)

func TestReadIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(path, []byte(strings.Repeat("x", 2048)), 0o600); err != nil {
		t.Fatal(err)
	}
	if content, err := safefile.Read(path, 2048); err != nil || len(content) != 2048 {
		t.Errorf("%d bytes, %v", len(content), err)
	}
	if _, err := safefile.Read(path, 2047); err == nil || !strings.Contains(err.Error(), "key.pem is larger than") {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat("/dev/zero"); err == nil {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := safefile.Read("/dev/zero", 1<<20)
		if runtime.ReadMemStats(&after); err == nil || after.TotalAlloc-before.TotalAlloc > 16<<20 {
			t.Errorf("%v after %d MB of /dev/zero", err, (after.TotalAlloc-before.TotalAlloc)>>20)
		}
	}
	if _, err := safefile.Read(filepath.Join(t.TempDir(), "none"), 1); !os.IsNotExist(err) {
		t.Errorf("%v", err)
	}
}
