package logline

import (
	"fmt"
	"hash/maphash"
	"slices"

	"errtop/internal/safetext"
)

// userSeed makes the hashes of users: another one in each process, so that nobody can try names against them.
var userSeed = maphash.MakeSeed()

// in returns the record's line with its user kept as u says.
func (u Users) in(r *Record) []byte {
	if u == "" || u == UsersShown || !r.Has(FieldUser) {
		return r.line
	}
	shown := safetext.Mask
	if u == UsersHashed {
		shown = fmt.Sprintf("user-%08x", uint32(maphash.Bytes(userSeed, r.Text(FieldUser)))) //nolint:gosec // half of it is enough
	}
	at := r.span[FieldUser]
	return slices.Concat(r.line[:at.lo], []byte(shown), r.line[at.hi:])
}
