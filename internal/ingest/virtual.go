package ingest

import "os"

// virtualNote is what is said of a file that the system makes up while it is read.
const virtualNote = "not a file on a disk (as those in /proc and /sys): read once, not followed"

// isVirtual reports whether a file's content is made up by the system while it is read, as in /proc and /sys: its size says
// nothing about it, so there is no telling what is new in it.
func isVirtual(file *os.File, info os.FileInfo) bool {
	if !info.Mode().IsRegular() {
		return false
	}
	size := info.Size()
	var b [1]byte
	n, _ := file.ReadAt(b[:], max(0, size-1)) // an error comes again when reading
	if (n > 0) == (size > 0) {
		return false
	}
	again, err := file.Stat()
	return err == nil && again.Size() == size // not written to or truncated meanwhile
}
