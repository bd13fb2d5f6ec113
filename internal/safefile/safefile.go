// Package safefile writes new files whole or not at all: a full disk or a kill leaves nothing half written under a name that
// somebody reads, and a file that exists is never touched. Files are readable by their owner only, whatever the umask. It reads small files,
// and no more of one than it may hold.
package safefile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// maxNames bounds how many names are tried for a set of files.
const maxNames = 1000

// Create writes a new file. The error is [fs.ErrExist] where there is one of that name.
func Create(path string, content []byte) error {
	return CreateFrom(path, func(w io.Writer) error {
		_, err := w.Write(content)
		return err //nolint:wrapcheck // a PathError names the file
	})
}

// CreateFrom is [Create] with a content that f writes, piece by piece.
func CreateFrom(path string, f func(io.Writer) error) error {
	if _, err := os.Lstat(path); err == nil { // before a long write
		return exists(path, fs.ErrExist)
	}
	temporary, err := write(filepath.Dir(path), f)
	if err != nil {
		return err
	}
	defer os.Remove(temporary) //nolint:errcheck // it is gone where it was renamed
	return publish(temporary, path)
}

// File is one of a set: what follows the set's name, and its content.
type File struct {
	Suffix  string // ".md"
	Content []byte
}

// CreateSet writes files that belong together into a folder, all of them or none. Their name is base, or base-2 and so on
// where one of the names is taken. It returns the path without a suffix.
func CreateSet(dir, base string, files ...File) (path string, err error) {
	temporary := make([]string, 0, len(files))
	defer func() {
		for _, name := range temporary {
			_ = os.Remove(name)
		}
	}()
	for _, file := range files {
		name, err := write(dir, func(w io.Writer) error {
			_, err := w.Write(file.Content)
			return err //nolint:wrapcheck // a PathError names the file
		})
		if err != nil {
			return "", err
		}
		temporary = append(temporary, name)
	}
	for n := 1; n <= maxNames; n++ {
		path = filepath.Join(dir, base)
		if n > 1 {
			path += "-" + strconv.Itoa(n)
		}
		err = publishAll(temporary, path, files)
		if !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	return path, err
}

// publishAll gives temporary files their names, or takes back those that have theirs already.
func publishAll(temporary []string, path string, files []File) error {
	for i, file := range files {
		if err := publish(temporary[i], path+file.Suffix); err != nil {
			for _, done := range files[:i] {
				_ = os.Remove(path + done.Suffix)
			}
			return err
		}
	}
	return nil
}

// write writes a temporary file into a folder and returns its path; where that fails, nothing is left.
func write(dir string, f func(io.Writer) error) (path string, err error) {
	file, err := os.CreateTemp(dir, ".errtop-*.tmp") // mode 0600
	if err != nil {
		return "", err //nolint:wrapcheck // a PathError names the file
	}
	if err = f(file); err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return "", errors.Join(err, os.Remove(file.Name()))
	}
	return file.Name(), nil
}

// publish gives a temporary file its name as well, unless that is taken.
func publish(temporary, path string) error {
	err := os.Link(temporary, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return exists(path, err)
	}
	// A file system without hard links: take the name first, then put the content under it.
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the caller names the file
	if err != nil {
		return exists(path, err)
	}
	if err = errors.Join(file.Close(), os.Rename(temporary, path)); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// exists names the path in an error that says that it exists.
func exists(path string, err error) error {
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s: %w", path, fs.ErrExist)
	}
	return err
}
