package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Holder is the process that has a store open for writing.
type Holder struct {
	PID   int       `json:"pid"`
	Host  string    `json:"host"`
	Since time.Time `json:"since"`
}

// String returns "process 4711 on web1, since 14:02 on 25 November".
func (h Holder) String() string {
	if h.PID == 0 {
		return "another process"
	}
	return fmt.Sprintf("process %d on %s, since %s", h.PID, h.Host, h.Since.Local().Format("15:04 on 2 January"))
}

// HeldError says that another process has the store open for writing.
type HeldError struct {
	Path   string
	Holder Holder
}

func (e *HeldError) Error() string { return fmt.Sprintf("%s is written by %s", e.Path, e.Holder) }

// errLocked is what lockFile returns where another process has the lock.
var errLocked = errors.New("locked")

// fileLock is a lock file that this process holds. The system lets go of it when the process ends, however it ends.
type fileLock struct{ file *os.File }

// takeLock takes the lock of a store and writes into it who holds it. The error is a *HeldError where another process does.
func takeLock(path string, now time.Time) (*fileLock, error) {
	file, err := openPrivate(path + ".lock")
	if err != nil {
		return nil, err
	}
	if err := lockFile(file); err != nil {
		defer file.Close() //nolint:errcheck // only read from
		if errors.Is(err, errLocked) {
			return nil, &HeldError{Path: path, Holder: readHolder(file)}
		}
		return nil, fmt.Errorf("%s: %w", file.Name(), err)
	}
	host, _ := os.Hostname() // "" is shown as it is
	text, err := json.Marshal(Holder{PID: os.Getpid(), Host: host, Since: now.Round(time.Second)})
	if err == nil {
		err = file.Truncate(0)
	}
	if err == nil {
		_, err = file.WriteAt(append(text, '\n'), 0)
	}
	_ = err // who holds it is a courtesy: a full disk must not keep the store from being opened
	return &fileLock{file}, nil
}

func readHolder(file *os.File) (h Holder) {
	text, err := io.ReadAll(io.NewSectionReader(file, 0, 4096))
	if err != nil || json.Unmarshal(text, &h) != nil {
		return Holder{}
	}
	return h
}

// release lets go of the lock. The file stays: to remove it would let two processes hold two files of one name.
func (l *fileLock) release() error { return l.file.Close() } //nolint:wrapcheck // a PathError names the file
