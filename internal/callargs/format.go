// Package callargs writes a system call as its manual page would:
// openat(AT_FDCWD, "/etc/passwd", O_RDONLY).
//
// Its one idea: a call is a row of words in a table, one for each argument, and
// each word knows how such an argument is written. What is not in the table is
// written by its type ([seccomp.TypeOf]). Whatever a program passes can be
// written: what a pointer leads to is shown as far as it can be read, and cut
// short; otherwise the pointer is a number.
package callargs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/constant"
	"github.com/bailiff-judge/bailiff/seccomp"
)

// Memory is what pointers lead into; it is the half of supervisor.Memory that is
// needed here.
type Memory interface {
	// Read fills p from address, as far as it is readable, and says how far
	// that was.
	Read(address uint64, p []byte) (int, error)
}

// Format is the arguments of a call, as text. The name is that of
// [seccomp.SyscallName]. Memory may be nil: then pointers stay numbers. Calls of a
// foreign ABI take other arguments in other places, so theirs are numbers.
//
// It is safe for concurrent use, as far as memory is.
func Format(data *seccomp.Data, name string, memory Memory) []string {
	c := &call{args: data.Args, name: name, memory: memory}
	if data.Arch != seccomp.NativeArch || strings.Contains(name, ":") {
		return c.numbers()
	}
	words, known := shapes[name]
	if !known {
		return c.typed()
	}
	var list []string
	for i, word := range strings.Fields(words) {
		write, optional := writers[strings.TrimSuffix(word, "?")], strings.HasSuffix(word, "?")
		if optional && !c.given(i) {
			break
		}
		list = append(list, write(c, i))
	}
	return list
}

// Result is what a call returned: a number, an address for those calls that
// return one, or an error by its name.
func Result(name string, value int64) string {
	const lastErrno = 4095 // MAX_ERRNO
	if value < 0 && value >= -lastErrno {
		errno := unix.Errno(-value)
		// The kernel's own, which only a tracer sees (linux/errno.h).
		if internal, ok := restarts[errno]; ok {
			return "? " + internal
		}
		if text := unix.ErrnoName(errno); text != "" {
			return fmt.Sprintf("-1 %s (%s)", text, errno.Error())
		}
		return fmt.Sprintf("-1 errno %d", -value)
	}
	if slices.Contains(returnAddresses, name) {
		return hex(uint64(value))
	}
	return strconv.FormatInt(value, 10)
}

var restarts = map[unix.Errno]string{
	512: "ERESTARTSYS", 513: "ERESTARTNOINTR", 514: "ERESTARTNOHAND", 516: "ERESTART_RESTARTBLOCK",
}

var returnAddresses = []string{"brk", "mmap", "mremap", "shmat"}

// call is one that is being written.
type call struct {
	args   [6]uint64
	name   string
	memory Memory
}

func (c *call) int(i int) int32 { return int32(c.args[i]) }

func (c *call) uint(i int) uint32 { return uint32(c.args[i]) }

// arg is argument i, 0 if there is none.
func (c *call) arg(i int) uint64 {
	if i < 0 || i >= len(c.args) {
		return 0
	}
	return c.args[i]
}

// numbers is the arguments of a call of which nothing is known.
func (c *call) numbers() []string {
	list := make([]string, len(c.args))
	for i, arg := range c.args {
		list[i] = constant.Number(arg)
	}
	return list
}

// typed is the arguments of a call that only [seccomp.TypeOf] knows.
func (c *call) typed() []string {
	if seccomp.TypeOf(c.name, 0) == 0 {
		return c.numbers()
	}
	var list []string
	for i := range c.args {
		kind := seccomp.TypeOf(c.name, i)
		if kind == 0 {
			break
		}
		list = append(list, c.byType(i, kind))
	}
	return list
}

func (c *call) byType(i int, kind seccomp.ArgType) string {
	switch kind {
	case seccomp.Int:
		return strconv.Itoa(int(c.int(i)))
	case seccomp.Uint:
		return constant.Number(uint64(c.uint(i)))
	case seccomp.Long:
		return strconv.FormatInt(int64(c.args[i]), 10)
	case seccomp.Mode:
		return octal(uint64(uint16(c.args[i])))
	case seccomp.Pointer:
		return pointer(c.args[i])
	}
	return constant.Number(c.args[i])
}

func hex(v uint64) string { return "0x" + strconv.FormatUint(v, 16) }

func octal(v uint64) string {
	if v == 0 {
		return "0"
	}
	return "0" + strconv.FormatUint(v, 8)
}

func pointer(v uint64) string {
	if v == 0 {
		return "NULL"
	}
	return hex(v)
}

// given says whether an optional argument is there.
func (c *call) given(i int) bool {
	switch c.name {
	case "open", "openat": // the mode of what is created
		flags := c.args[i-1]
		return flags&unix.O_CREAT != 0 || flags&unix.O_TMPFILE == unix.O_TMPFILE
	case "fcntl":
		return !slices.Contains([]uint32{unix.F_GETFD, unix.F_GETFL, unix.F_GETOWN, unix.F_GETSIG, unix.F_GETLEASE,
			unix.F_GETPIPE_SZ, unix.F_GET_SEALS}, c.uint(1))
	case "mremap":
		return c.args[3]&unix.MREMAP_FIXED != 0
	case "futex":
		return i < futexArgs(c.uint(1))
	case "prctl":
		return i < prctlArgs(c.uint(0))
	}
	return true
}

// futexArgs is how many arguments an operation takes.
func futexArgs(op uint32) int {
	switch op & 0x7f {
	case 1, 7, 8: // FUTEX_WAKE (with how many), FUTEX_UNLOCK_PI, FUTEX_TRYLOCK_PI
		return 3
	case 0, 6: // FUTEX_WAIT, FUTEX_LOCK_PI
		return 4
	}
	return 6
}

// prctlArgs is the same for prctl; those not listed are shown in full, since
// some must be zero.
func prctlArgs(op uint32) int {
	switch op {
	case unix.PR_GET_DUMPABLE, unix.PR_GET_KEEPCAPS, unix.PR_GET_SECCOMP, unix.PR_GET_SECUREBITS, unix.PR_GET_TIMERSLACK:
		return 1
	case unix.PR_SET_PDEATHSIG, unix.PR_GET_PDEATHSIG, unix.PR_SET_DUMPABLE, unix.PR_SET_KEEPCAPS, unix.PR_SET_NAME,
		unix.PR_GET_NAME, unix.PR_CAPBSET_READ, unix.PR_CAPBSET_DROP, unix.PR_SET_TIMERSLACK, unix.PR_SET_SECUREBITS,
		unix.PR_SET_CHILD_SUBREAPER, unix.PR_GET_CHILD_SUBREAPER, unix.PR_SET_TSC, unix.PR_GET_TSC, unix.PR_SET_PTRACER,
		unix.PR_GET_TID_ADDRESS:
		return 2
	case unix.PR_SET_SECCOMP:
		return 3
	}
	return 5
}
