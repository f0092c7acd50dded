package callargs

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/constant"
	"github.com/bailiff-judge/bailiff/rlimit"
)

// writer writes argument i of a call.
type writer func(c *call, i int) string

// names writes 32 bits by the names of a set, long all of them.
func names(set *constant.Set) writer {
	return func(c *call, i int) string { return set.Text(uint64(c.uint(i))) }
}

func long(set *constant.Set) writer {
	return func(c *call, i int) string { return set.Text(c.args[i]) }
}

// writers are the words of [shapes].
var writers = map[string]writer{
	"int":    func(c *call, i int) string { return strconv.Itoa(int(c.int(i))) },
	"fd":     func(c *call, i int) string { return strconv.Itoa(int(c.int(i))) },
	"id":     func(c *call, i int) string { return id(c.uint(i)) },
	"uint":   func(c *call, i int) string { return strconv.FormatUint(uint64(c.uint(i)), 10) },
	"size":   func(c *call, i int) string { return strconv.FormatUint(c.args[i], 10) },
	"offset": func(c *call, i int) string { return strconv.FormatInt(int64(c.args[i]), 10) },
	"hex":    func(c *call, i int) string { return constant.Number(c.args[i]) },

	"pointer":  func(c *call, i int) string { return pointer(c.args[i]) },
	"mode":     func(c *call, i int) string { return octal(uint64(uint16(c.args[i]))) },
	"fileMode": func(c *call, i int) string { return fileMode(uint64(uint16(c.args[i]))) },
	"device": func(c *call, i int) string {
		device := uint64(c.uint(i))
		return fmt.Sprintf("makedev(%d, %d)", unix.Major(device), unix.Minor(device))
	},
	"signal":    func(c *call, i int) string { return signal(uint64(c.uint(i))) },
	"at":        at,
	"open":      names(constant.Open),
	"openFlags": func(c *call, i int) string { return openFlags(uint64(c.uint(i))) },
	"clone":     clone,
	"futex":     futex,
	"fcntlArg":  fcntlArg,
	"prctlArg":  prctlArg,
	"protocol":  protocol,
	"option":    option,
	"resource":  resource,

	"path": path, "in": in, "iov": iov, "argv": argv, "envp": envp, "how": how, "clone3": clone3, "sigset": sigset,
	"sigaction": sigaction, "time": timespec, "times": times, "futexTime": futexTime, "limit": limit, "polls": polls,
	"address": address, "messageHeader": messageHeader,

	"access": names(constant.Access), "atAccess": names(constant.AtAccess), "atFlags": names(constant.At),
	"statx": names(constant.Statx), "whence": names(constant.Whence), "fcntl": names(constant.Fcntl),
	"ioctl": names(constant.Ioctl), "flock": names(constant.Flock), "rename": names(constant.Rename),
	"allocate": names(constant.Allocate), "advice": names(constant.Advice), "closeRange": names(constant.CloseRange),
	"epoll": names(constant.Epoll), "eventFD": names(constant.EventFD), "inotify": names(constant.Inotify),
	"random": names(constant.Random), "memFD": names(constant.MemFD),
	"protection": long(constant.Protection), "map": names(constant.Map), "remap": long(constant.Remap),
	"memory": names(constant.Memory), "sync": names(constant.Sync), "lock": names(constant.Lock),
	"ipc": ipc, "ipcKey": names(constant.IPCKey), "ipcControl": names(constant.IPCControl),
	"cloneFlags": names(constant.Clone), "prctl": names(constant.Prctl), "archPrctl": names(constant.ArchPrctl),
	"seccompMode": names(constant.SeccompMode), "seccompFlag": names(constant.SeccompFlag),
	"ptrace": long(constant.Ptrace), "wait": names(constant.Wait), "waitID": names(constant.WaitID),
	"usage": names(constant.Usage), "priority": names(constant.Priority), "schedule": names(constant.Schedule),
	"signalMask": names(constant.SignalMask), "membarrier": names(constant.Membarrier), "clock": names(constant.Clock),
	"timer": names(constant.Timer), "interval": names(constant.Interval), "personality": names(constant.Personality),
	"family": names(constant.Family), "socket": names(constant.Socket), "message": names(constant.Message),
	"shutdown": names(constant.Shutdown), "level": names(constant.Level),
	"socketFlags": names(constant.Socket),
}

func at(c *call, i int) string {
	if c.int(i) == unix.AT_FDCWD {
		return constant.Directory.Text(uint64(c.uint(i)))
	}
	return strconv.Itoa(int(c.int(i)))
}

// id is a user's or group's, -1 for "leave as it is".
func id(v uint32) string {
	if v == ^uint32(0) {
		return "-1"
	}
	return strconv.FormatUint(uint64(v), 10)
}

// openFlags are those of calls that open, but have no access mode.
func openFlags(v uint64) string {
	text := constant.Open.Text(v)
	if v&unix.O_ACCMODE == 0 {
		text = strings.TrimPrefix(text, "O_RDONLY")
		text = strings.TrimPrefix(text, "|")
	}
	if text == "" {
		return "0"
	}
	return text
}

func fileMode(v uint64) string {
	kind := v & unix.S_IFMT
	if kind == 0 {
		return octal(v)
	}
	return constant.FileType.Text(kind) + "|" + octal(v&^unix.S_IFMT)
}

// ipc is flags with a mode in the lowest nine bits.
func ipc(c *call, i int) string {
	flags, mode := uint64(c.uint(i))&^0o777, uint64(c.uint(i))&0o777
	if flags == 0 {
		return octal(mode)
	}
	return constant.IPC.Text(flags) + "|" + octal(mode)
}

func signal(v uint64) string {
	if v <= 64 {
		if name := unix.SignalName(unix.Signal(v)); name != "" {
			return name
		}
	}
	return strconv.FormatUint(v, 10)
}

// clone is flags with a signal in the lowest byte.
func clone(c *call, i int) string {
	flags, end := uint64(c.uint(i))&^0xff, uint64(c.uint(i))&0xff
	switch {
	case end == 0:
		return constant.Clone.Text(flags)
	case flags == 0:
		return signal(end)
	}
	return constant.Clone.Text(flags) + "|" + signal(end)
}

// futex is FUTEX_WAIT_PRIVATE for FUTEX_WAIT|FUTEX_PRIVATE_FLAG, as all write it.
func futex(c *call, i int) string {
	text := constant.Futex.Text(uint64(c.uint(i)))
	if before, after, private := strings.Cut(text, "|FUTEX_PRIVATE_FLAG"); private {
		return before + "_PRIVATE" + after
	}
	return text
}

func fcntlArg(c *call, i int) string {
	switch c.uint(i - 1) {
	case unix.F_SETFD:
		return constant.Descriptor.Text(c.args[i])
	case unix.F_SETFL:
		return openFlags(c.args[i])
	case unix.F_ADD_SEALS:
		return constant.Seal.Text(c.args[i])
	case unix.F_GETLK, unix.F_SETLK, unix.F_SETLKW, unix.F_OFD_GETLK, unix.F_OFD_SETLK, unix.F_OFD_SETLKW:
		return pointer(c.args[i])
	}
	return strconv.Itoa(int(c.int(i)))
}

func prctlArg(c *call, i int) string {
	switch c.uint(i - 1) {
	case unix.PR_SET_NAME:
		return path(c, i)
	case unix.PR_GET_NAME, unix.PR_GET_PDEATHSIG, unix.PR_GET_CHILD_SUBREAPER, unix.PR_GET_TID_ADDRESS, unix.PR_GET_TSC:
		return pointer(c.args[i])
	case unix.PR_SET_PDEATHSIG:
		return signal(c.args[i])
	case unix.PR_SET_SECCOMP:
		return constant.SeccompState.Text(c.args[i])
	}
	return constant.Number(c.args[i])
}

func protocol(c *call, i int) string {
	if family := c.uint(0); family == unix.AF_INET || family == unix.AF_INET6 {
		return constant.Protocol.Text(uint64(c.uint(i)))
	}
	return strconv.Itoa(int(c.int(i)))
}

func option(c *call, i int) string {
	if c.uint(i-1) == unix.SOL_SOCKET {
		return constant.Option.Text(uint64(c.uint(i)))
	}
	return strconv.Itoa(int(c.int(i)))
}

func resource(c *call, i int) string {
	for _, known := range rlimit.Resources() {
		if uint32(known) == c.uint(i) {
			return "RLIMIT_" + strings.ToUpper(known.String())
		}
	}
	return constant.Number(uint64(c.uint(i)))
}
