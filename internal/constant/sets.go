package constant

// sets are all of them.
func sets() []*Set {
	return []*Set{
		Open, Resolve, Directory, At, AtAccess, Access, Whence, Statx, Fcntl, Descriptor, Seal, Flock, Rename,
		Allocate, Advice, FileType, Ioctl, CloseRange, Epoll, EventFD, Poll, Inotify, Random, MemFD,
		Protection, Map, Remap, Memory, Sync, Lock, IPC, IPCKey, IPCControl,
		Clone, Futex, Prctl, ArchPrctl, SeccompMode, SeccompFlag, SeccompState, Ptrace, Wait, WaitID, Usage,
		Priority, Schedule, SignalMask, SignalAction, SignalHandler, Membarrier, Clock, Timer, Interval,
		Personality,
		Family, Socket, Protocol, Message, Shutdown, Level, Option,
	}
}
