package ingest

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"

	"errtop/internal/logline"
)

// maxLook bounds what is read of a file before it is refused: one that is larger is followed, and its source says what it is.
const maxLook = 16 << 20

// Refuse returns a [SourceError] for each of the files (joined) where there is nothing to read in any: each is read whole
// and holds lines but no request, or can't be read at all. It returns nil as soon as one may be followed: one with a
// request, one without lines or that does not exist yet, a pipe, a pattern, a shorthand, one beyond 16 MiB without a request in them,
// and one whose format the options name, since the user then knows what will come.
func Refuse(paths []string, o Options) error {
	var problems []error
	for _, path := range paths {
		err := refusal(path, o)
		if err == nil {
			return nil
		}
		problems = append(problems, &logline.SourceError{Name: path, Err: logline.PlainError(err)})
	}
	return errors.Join(problems...)
}

// refusal says why there is nothing to read in a file, or nil if there may be.
func refusal(path string, o Options) error {
	if IsShorthand(path) {
		return nil
	}
	info, err := os.Stat(path)
	switch {
	case strings.ContainsAny(path, "*?["), err != nil && errors.Is(err, fs.ErrNotExist) && !o.NoFollow:
		return nil
	case err == nil && info.Mode()&os.ModeNamedPipe != 0:
		return nil
	}
	file, err := openLog(path)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // only read from
	if o.Format != "" && !o.NoFollow {
		return nil
	}
	plain, release, err := unpack(file)
	if err != nil {
		return err
	}
	defer release()
	p, err := newPump(path, o, Sink{})
	if err != nil {
		return err
	}
	return p.look(plain)
}

// look reads until a request comes, the end, or the bound of what is looked at.
func (p *pump) look(r io.Reader) error {
	buffer := make([]byte, readSize)
	for read := 0; read < maxLook; {
		n, err := r.Read(buffer)
		read += n
		p.lines.feed(buffer[:n], p.line)
		switch {
		case p.health.Results > 0:
			return nil
		case errors.Is(err, io.EOF):
			p.lines.end(p.line)
			return p.verdict()
		case err != nil:
			return err //nolint:wrapcheck // the caller names the path
		}
	}
	return nil
}
