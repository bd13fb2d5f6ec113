package store

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// nobody is a user who owns nothing.
const nobody = 65534

// asNobody makes the rest of the test use files with the rights of another user than root, who may write everywhere.
func asNobody(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		return
	}
	runtime.LockOSThread() // rights are those of a thread; it ends with the test
	if err := syscall.Setfsuid(nobody); err != nil {
		t.Skip("cannot take another user's rights:", err)
	}
	t.Cleanup(func() { _ = syscall.Setfsuid(0) }) // what owns the files removes them
}

// folderOfNobody returns a folder that belongs to whom asNobody makes the test.
func folderOfNobody(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	if os.Getuid() == 0 {
		for dir := folder; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
			if err := os.Chmod(dir, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chown(folder, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// TestWritesResumeOnceTheFileCanBeWrittenAgain has a connection opened while the file can only be read: it can never write.
func TestWritesResumeOnceTheFileCanBeWrittenAgain(t *testing.T) {
	folder := folderOfNobody(t)
	asNobody(t)
	path := filepath.Join(folder, "x.db")
	s := open(t, Options{Path: path, Now: noon})
	if _, err := s.Save(t.Context(), filled(50)); err != nil {
		t.Fatal(err)
	}
	reader, err := s.db.Conn(t.Context()) // so that a write needs another
	if err != nil {
		t.Fatal(err)
	}
	chmod(t, path, 0o400)
	if _, err = s.Save(t.Context(), filled(60)); err == nil {
		t.Fatal("wrote to a file that can only be read")
	}
	if !IsTransient(err) {
		t.Errorf("is taken for one that stays: %v", err)
	}
	chmod(t, path, 0o600)
	if _, err := s.Save(t.Context(), filled(70)); err != nil {
		t.Errorf("once it can be written again: %v", err)
	}
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAStoreOnADiskThatCannotBeWrittenIsRead(t *testing.T) {
	folder := folderOfNobody(t)
	asNobody(t)
	path := filepath.Join(folder, "x.db")
	s := open(t, Options{Path: path, Now: noon})
	_, err := s.Save(t.Context(), filled(50))
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	chmod(t, path, 0o400)
	chmod(t, folder, 0o500)
	defer chmod(t, folder, 0o700)
	if _, err := Open(t.Context(), Options{Path: path, Now: noon}); err == nil || !IsTransient(err) {
		t.Errorf("opened for writing: %v", err)
	}
	s = open(t, Options{Path: path, Now: noon, ReadOnly: true})
	if state, err := s.Load(t.Context()); err != nil || len(state.Tracker) != 2 {
		t.Errorf("%d parts of the state, %v", len(state.Tracker), err)
	}
	if _, err := s.Info(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestAReadOnlyFileSystemIsReadAndThenWritten remounts a file system between runs.
func TestAReadOnlyFileSystemIsReadAndThenWritten(t *testing.T) {
	folder := small(t)
	path := filepath.Join(folder, "x.db")
	s := open(t, Options{Path: path, Now: noon})
	_, err := s.Save(t.Context(), filled(50))
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("", folder, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, "size=1m"); err != nil {
		t.Skip("cannot remount:", err)
	}
	if _, err := Open(t.Context(), Options{Path: path, Now: noon}); err == nil || !IsTransient(err) {
		t.Errorf("opened for writing: %v", err)
	}
	s = open(t, Options{Path: path, Now: noon, ReadOnly: true})
	state, err := s.Load(t.Context())
	if err != nil || len(state.Tracker) != 2 {
		t.Errorf("%d parts of the state, %v", len(state.Tracker), err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("", folder, "", syscall.MS_REMOUNT, "size=1m"); err != nil {
		t.Fatal(err)
	}
	s = open(t, Options{Path: path, Now: noon.Add(time.Hour)})
	if _, err := s.Save(t.Context(), filled(60)); err != nil || len(s.Notes()) > 0 {
		t.Errorf("once it can be written: %v, %v", err, s.Notes())
	}
}
