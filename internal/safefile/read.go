package safefile

import (
	"fmt"
	"io"
	"os"
)

// Read returns the content of a file that is small by its nature: a key, a certificate, a schema. The error names the file where it is larger
// than so many bytes, as a device that never ends is.
func Read(path string, most int64) ([]byte, error) {
	file, err := os.Open(path) //nolint:gosec // the caller names the file
	if err != nil {
		return nil, err //nolint:wrapcheck // a PathError names the file
	}
	defer file.Close() //nolint:errcheck // only read from
	content, err := io.ReadAll(io.LimitReader(file, most+1))
	if err != nil {
		return nil, err //nolint:wrapcheck // a PathError names the file
	}
	if int64(len(content)) > most {
		return nil, fmt.Errorf("%s is larger than %d KB", path, most>>10)
	}
	return content, nil
}
