package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// small mounts a file system of a megabyte, where the test may.
func small(t *testing.T) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root may mount")
	}
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=1m"); err != nil {
		t.Skip("no tmpfs here:", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(folder, syscall.MNT_DETACH) })
	return folder
}

// TestAFullDiskIsSurvived fills the disk under the store, and frees it again.
func TestAFullDiskIsSurvived(t *testing.T) {
	folder := small(t)
	s := open(t, Options{Path: filepath.Join(folder, "x.db"), Now: noon})
	if _, err := s.Save(t.Context(), filled(200)); err != nil {
		t.Fatal(err)
	}
	ballast := filepath.Join(folder, "ballast")
	file, err := os.Create(ballast)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = file.Write(make([]byte, 4096))
	}
	_ = file.Close()
	failed := false
	for day := 0; day < 30 && !failed; day++ {
		err := s.SaveHours(t.Context(), hoursOf(noon.Add(time.Duration(day)*24*time.Hour), 10))
		failed = err != nil
		if failed && !strings.Contains(err.Error(), "x.db") {
			t.Errorf("the error does not name the store: %v", err)
		}
	}
	if !failed {
		t.Fatal("wrote to a full disk")
	}
	if state, err := s.Load(t.Context()); err != nil || len(state.Tracker) != 2 {
		t.Errorf("while the disk is full: %d parts, %v", len(state.Tracker), err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Save(t.Context(), filled(300)); err != nil {
		t.Errorf("once there is room again: %v", err)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAFullDiskAtTheStartIsSaidClearly(t *testing.T) {
	folder := small(t)
	if err := os.WriteFile(filepath.Join(folder, "ballast"), make([]byte, 1<<20), 0o600); err != nil && !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), Options{Path: filepath.Join(folder, "x.db"), Now: noon})
	if err == nil {
		_ = s.Close()
		t.Fatal("made a store on a full disk")
	}
	if left, _ := filepath.Glob(filepath.Join(folder, "*damaged*")); len(left) > 0 || strings.Contains(err.Error(), "damaged") {
		t.Errorf("a full disk was taken for damage: %v, %v", err, left)
	}
}
