package serve

import "io/fs"

// ownedByUs reports whether a file belongs to this user; Windows' folder for temporary files is the user's own.
func ownedByUs(fs.FileInfo) bool { return true }
