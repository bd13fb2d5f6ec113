//go:build unix

package store

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestFilesAreTheirOwnersAlone(t *testing.T) {
	old := syscall.Umask(0)
	t.Cleanup(func() { syscall.Umask(old) })
	folder := filepath.Join(t.TempDir(), "errtop")
	path := filepath.Join(folder, "x.db")
	check := func() {
		t.Helper()
		entries, err := os.ReadDir(folder)
		if err != nil || len(entries) < 4 {
			t.Fatalf("%d files, %v", len(entries), err)
		}
		for _, entry := range entries {
			if info, err := entry.Info(); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %v", entry.Name(), info.Mode())
			}
		}
		if info, err := os.Stat(folder); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("the folder has mode %v", info.Mode())
		}
	}
	s := open(t, Options{Path: path, Now: noon})
	if _, err := s.Save(t.Context(), filled(10)); err != nil {
		t.Fatal(err)
	}
	check()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	s = open(t, Options{Path: path, Now: noon})
	if _, err := s.Save(t.Context(), filled(10)); err != nil {
		t.Fatal(err)
	}
	check()
}
