package store

import "golang.org/x/sys/unix"

// networkKinds are the file systems whose locks or shared memory don't hold
// between machines, or not at all (statfs(2) lists the numbers).
var networkKinds = map[int64]string{
	0x6969:     "NFS",
	0x517b:     "SMB",
	0xff534d42: "CIFS",
	0xfe534d42: "SMB2",
	0x01021997: "9P",
	0x65735546: "FUSE",
	0x564c:     "NCP",
	0x5346414f: "AFS",
	0x00c36400: "Ceph",
	0x0bd00bd0: "Lustre",
	0x7461636f: "OCFS2",
	0x01161970: "GFS2",
}

// fileSystem returns the kind of dir's file system; tests replace it.
var fileSystem = func(dir string) int64 {
	var st unix.Statfs_t
	if unix.Statfs(dir, &st) != nil {
		return 0
	}
	return int64(st.Type) & 0xffffffff
}

func networkKind(dir string) string { return networkKinds[fileSystem(dir)] }
