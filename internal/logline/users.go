package logline

import (
	"fmt"
	"hash/maphash"
	"slices"

	"errtop/internal/safetext"
)

// userSeed is the seed of the hashes of users. Each process has its own, so that names cannot be tried against the hashes.
var userSeed = maphash.MakeSeed()

// in returns the record's line with its user kept as u says.
func (u Users) in(r *Record) []byte {
	if u == "" || u == UsersShown || !r.Has(FieldUser) {
		return r.line
	}
	at := r.span[FieldUser]
	return slices.Concat(r.line[:at.lo], []byte(u.name(r)), r.line[at.hi:])
}

// name returns the name of the record's user, kept as u says.
func (u Users) name(r *Record) string {
	switch u {
	case UsersHidden:
		return safetext.Mask
	case UsersHashed:
		return fmt.Sprintf("user-%08x", uint32(maphash.Bytes(userSeed, r.Text(FieldUser)))) //nolint:gosec // half of it is enough
	default:
		return string(r.Text(FieldUser))
	}
}

// UserName returns the name of the record's user as the options say that it is kept.
func (d *Decoder) UserName() string { return d.users.name(&d.Rec) }
