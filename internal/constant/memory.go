package constant

import "golang.org/x/sys/unix"

var (
	// Protection is what may be done with memory.
	Protection = &Set{bits: []constant{
		{"PROT_READ", unix.PROT_READ}, {"PROT_WRITE", unix.PROT_WRITE}, {"PROT_EXEC", unix.PROT_EXEC},
		{"PROT_GROWSDOWN", unix.PROT_GROWSDOWN}, {"PROT_GROWSUP", unix.PROT_GROWSUP}, {"PROT_NONE", unix.PROT_NONE},
	}}

	// Map is what mmap makes.
	Map = &Set{mask: unix.MAP_TYPE, choices: []constant{
		{"MAP_SHARED", unix.MAP_SHARED}, {"MAP_PRIVATE", unix.MAP_PRIVATE},
		{"MAP_SHARED_VALIDATE", unix.MAP_SHARED_VALIDATE}, {"MAP_DROPPABLE", unix.MAP_DROPPABLE},
	}, bits: []constant{
		{"MAP_FIXED", unix.MAP_FIXED}, {"MAP_ANONYMOUS", unix.MAP_ANONYMOUS}, {"MAP_GROWSDOWN", unix.MAP_GROWSDOWN},
		{"MAP_DENYWRITE", unix.MAP_DENYWRITE}, {"MAP_EXECUTABLE", unix.MAP_EXECUTABLE},
		{"MAP_LOCKED", unix.MAP_LOCKED}, {"MAP_NORESERVE", unix.MAP_NORESERVE}, {"MAP_POPULATE", unix.MAP_POPULATE},
		{"MAP_NONBLOCK", unix.MAP_NONBLOCK}, {"MAP_STACK", unix.MAP_STACK}, {"MAP_HUGETLB", unix.MAP_HUGETLB},
		{"MAP_SYNC", unix.MAP_SYNC}, {"MAP_FIXED_NOREPLACE", unix.MAP_FIXED_NOREPLACE},
	}}

	// Remap is how mremap moves.
	Remap = &Set{bits: []constant{
		{"MREMAP_MAYMOVE", unix.MREMAP_MAYMOVE}, {"MREMAP_FIXED", unix.MREMAP_FIXED},
		{"MREMAP_DONTUNMAP", unix.MREMAP_DONTUNMAP},
	}}

	// Memory is what madvise announces.
	Memory = &Set{mask: all, choices: []constant{
		{"MADV_NORMAL", unix.MADV_NORMAL}, {"MADV_RANDOM", unix.MADV_RANDOM},
		{"MADV_SEQUENTIAL", unix.MADV_SEQUENTIAL}, {"MADV_WILLNEED", unix.MADV_WILLNEED},
		{"MADV_DONTNEED", unix.MADV_DONTNEED}, {"MADV_FREE", unix.MADV_FREE}, {"MADV_REMOVE", unix.MADV_REMOVE},
		{"MADV_DONTFORK", unix.MADV_DONTFORK}, {"MADV_DOFORK", unix.MADV_DOFORK},
		{"MADV_MERGEABLE", unix.MADV_MERGEABLE}, {"MADV_UNMERGEABLE", unix.MADV_UNMERGEABLE},
		{"MADV_HUGEPAGE", unix.MADV_HUGEPAGE}, {"MADV_NOHUGEPAGE", unix.MADV_NOHUGEPAGE},
		{"MADV_DONTDUMP", unix.MADV_DONTDUMP}, {"MADV_DODUMP", unix.MADV_DODUMP},
		{"MADV_WIPEONFORK", unix.MADV_WIPEONFORK}, {"MADV_KEEPONFORK", unix.MADV_KEEPONFORK},
		{"MADV_COLD", unix.MADV_COLD}, {"MADV_PAGEOUT", unix.MADV_PAGEOUT},
		{"MADV_POPULATE_READ", unix.MADV_POPULATE_READ}, {"MADV_POPULATE_WRITE", unix.MADV_POPULATE_WRITE},
		{"MADV_DONTNEED_LOCKED", unix.MADV_DONTNEED_LOCKED}, {"MADV_COLLAPSE", unix.MADV_COLLAPSE},
		{"MADV_GUARD_INSTALL", unix.MADV_GUARD_INSTALL}, {"MADV_GUARD_REMOVE", unix.MADV_GUARD_REMOVE},
	}}

	// Sync is how msync writes back.
	Sync = &Set{bits: []constant{
		{"MS_ASYNC", unix.MS_ASYNC}, {"MS_INVALIDATE", unix.MS_INVALIDATE}, {"MS_SYNC", unix.MS_SYNC},
	}}

	// Lock is what mlockall locks.
	Lock = &Set{bits: []constant{
		{"MCL_CURRENT", unix.MCL_CURRENT}, {"MCL_FUTURE", unix.MCL_FUTURE}, {"MCL_ONFAULT", unix.MCL_ONFAULT},
	}}

	// IPC is how a System V object is found.
	IPC = &Set{bits: []constant{
		{"IPC_CREAT", unix.IPC_CREAT}, {"IPC_EXCL", unix.IPC_EXCL}, {"IPC_NOWAIT", unix.IPC_NOWAIT},
	}}

	// IPCKey is the key of an object without one.
	IPCKey = &Set{mask: all, choices: []constant{
		{"IPC_PRIVATE", unix.IPC_PRIVATE},
	}}

	// IPCControl is what shmctl and its kin do.
	IPCControl = &Set{mask: all, choices: []constant{
		{"IPC_RMID", unix.IPC_RMID}, {"IPC_SET", unix.IPC_SET}, {"IPC_STAT", unix.IPC_STAT},
	}}
)
