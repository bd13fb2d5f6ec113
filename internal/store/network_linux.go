package store

import (
	"path/filepath"

	"golang.org/x/sys/unix"
)

// networks are file systems of other machines by the numbers that statfs(2) gives them. SQLite's write-ahead log needs memory that all
// its users share, which these do not have.
var networks = map[int64]string{
	unix.NFS_SUPER_MAGIC:  "NFS",
	unix.SMB_SUPER_MAGIC:  "SMB",
	unix.SMB2_SUPER_MAGIC: "SMB",
	unix.CIFS_SUPER_MAGIC: "CIFS",
	unix.AFS_SUPER_MAGIC:  "AFS",
	unix.AFS_FS_MAGIC:     "AFS",
	unix.CODA_SUPER_MAGIC: "Coda",
	unix.CEPH_SUPER_MAGIC: "Ceph",
	unix.V9FS_MAGIC:       "9P",
	0x013111a8:            "IBRIX",
	0x47504653:            "GPFS",
	0x0bd00bd0:            "Lustre",
	0x01161970:            "GFS2",
	0x7461636f:            "OCFS2",
}

// networkOf returns the kind of network file system that a path's folder is on, "" where it is none, or nobody can tell.
func networkOf(path string) string {
	var stat unix.Statfs_t
	if unix.Statfs(filepath.Dir(path), &stat) != nil {
		return ""
	}
	return networks[int64(stat.Type)] //nolint:unconvert // it is an int32 on some processors
}
