package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// suffixes are those of the files that belong to a store, beside the file itself.
var suffixes = [...]string{"-wal", "-shm", "-journal", ".lock"}

// makeFolder makes the folder of a store where there is none, for its owner alone. One that exists stays as it is.
func makeFolder(path string) error {
	folder := filepath.Dir(path)
	if _, err := os.Stat(folder); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err //nolint:wrapcheck // a PathError names it
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err //nolint:wrapcheck // a PathError names it
	}
	return os.Chmod(folder, 0o700) //nolint:gosec,wrapcheck // a folder; the umask may have taken the owner's rights
}

// openPrivate opens a file for reading and writing, made where there is none, that only its owner may read.
func openPrivate(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the user names the store
	if err != nil {
		return nil, err //nolint:wrapcheck // a PathError names it
	}
	if err := private(file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// private takes a file's rights from everybody but its owner. SQLite gives its other files those of the database.
func private(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err //nolint:wrapcheck // a PathError names it
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a file", file.Name())
	}
	if info.Mode().Perm() == 0o600 {
		return nil
	}
	return file.Chmod(0o600) //nolint:wrapcheck // a PathError names it
}
