package seccomp

import (
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/nearest"
)

// foreignNumbers is where numbers begin that are not of the native table:
// x32's bit (__X32_SYSCALL_BIT), and with it -1.
const foreignNumbers = 0x40000000

// NativeArch is the AUDIT_ARCH_* of this build's own system calls.
const NativeArch uint32 = nativeArch

// native is the table of this build's architecture.
func native() *arch.Info {
	if runtime.GOARCH == "arm64" {
		return arch.AARCH64
	}
	return arch.X86_64
}

// newer are calls that the table lacks. Since Linux 5.1 a new call has the same
// number everywhere.
var newer = map[int]string{468: "file_getattr", 469: "file_setattr"}

// Number is the native number of a system call.
func Number(name string) (nr int32, ok bool) {
	for n, known := range newer {
		if known == name {
			return int32(n), true
		}
	}
	n, ok := native().SyscallNames[name]
	return int32(n), ok
}

// SyscallName names a call as struct seccomp_data gives it. Native calls have
// their plain name; those of another door are prefixed ("i386:execve",
// "x32:write", "arm:read"), so that they can't be taken for it. An unknown
// number is "syscall_N".
func SyscallName(auditArch uint32, nr int32) string {
	table, prefix := native(), ""
	switch {
	case auditArch == unix.AUDIT_ARCH_X86_64 && nr&foreignNumbers != 0 && nr >= 0:
		table, prefix = arch.X32, "x32:"
		nr &^= foreignNumbers
	case auditArch == NativeArch:
	case auditArch == unix.AUDIT_ARCH_I386:
		table, prefix = arch.I386, "i386:"
	case auditArch == unix.AUDIT_ARCH_ARM:
		table, prefix = arch.ARM, "arm:"
	case auditArch == unix.AUDIT_ARCH_AARCH64:
		table, prefix = arch.AARCH64, "aarch64:"
	case auditArch == unix.AUDIT_ARCH_X86_64:
		table, prefix = arch.X86_64, "x86_64:"
	default:
		return "arch_" + strconv.FormatUint(uint64(auditArch), 16) + ":syscall_" + strconv.Itoa(int(nr))
	}
	if name, ok := table.SyscallNumbers[int(nr)]; ok {
		return prefix + name
	}
	if name, ok := newer[int(nr)]; ok {
		return prefix + name
	}
	return prefix + "syscall_" + strconv.Itoa(int(nr))
}

// Known says whether any architecture has a call of that name. A policy may
// name calls that the running architecture lacks (open on arm64).
func Known(name string) bool {
	if _, ok := Number(name); ok {
		return true
	}
	for _, info := range []*arch.Info{arch.X86_64, arch.AARCH64, arch.I386, arch.ARM, arch.X32} {
		if _, ok := info.SyscallNames[name]; ok {
			return true
		}
	}
	return false
}

// UnknownSyscallError is a name that no architecture has.
type UnknownSyscallError struct {
	Name string
	// Nearest is the native call whose name is most like it, "" if none is.
	Nearest string
}

func (e *UnknownSyscallError) Error() string {
	var text strings.Builder
	text.WriteString("no system call is called " + strconv.Quote(e.Name))
	if e.Nearest != "" {
		text.WriteString("; did you mean " + strconv.Quote(e.Nearest) + "?")
	}
	return text.String()
}

// CheckName is an [UnknownSyscallError] if no architecture has such a call.
func CheckName(name string) error {
	if Known(name) {
		return nil
	}
	return &UnknownSyscallError{Name: name, Nearest: nearest.Name(name, slices.Sorted(maps.Keys(native().SyscallNames)))}
}
