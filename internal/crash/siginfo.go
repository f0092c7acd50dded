package crash

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// SiginfoSize is that of a siginfo_t.
const SiginfoSize = 128

// Siginfo is a siginfo_t, as PTRACE_GETSIGINFO gives it.
type Siginfo [SiginfoSize]byte

func (s *Siginfo) signal() unix.Signal { return unix.Signal(s.int(0)) }
func (s *Siginfo) code() int           { return int(s.int(8)) }
func (s *Siginfo) int(at int) int32    { return int32(binary.NativeEndian.Uint32(s[at:])) }

// What follows is a union. These are si_addr of faults, si_pid of signals that
// are sent, and of SIGSYS the call and its architecture.
func (s *Siginfo) address() uint64      { return binary.NativeEndian.Uint64(s[16:]) }
func (s *Siginfo) sender() int32        { return s.int(16) }
func (s *Siginfo) call() (int32, int32) { return s.int(24), s.int(28) }

// Codes (asm-generic/siginfo.h).
const (
	siKernel = 0x80

	segvMapErr  = 1
	segvAccErr  = 2
	segvPkuErr  = 4
	segvMteAErr = 8
	segvMteSErr = 9
	segvCpErr   = 10

	busAdrAln = 1
	busAdrErr = 2

	fpeIntDiv = 1
	fpeIntOvf = 2

	trapBrkpt = 1

	sysSeccomp = 1
)

// codeNames are those of codes that only faults have, from 1 on.
var codeNames = map[unix.Signal][]string{
	unix.SIGSEGV: {"SEGV_MAPERR", "SEGV_ACCERR", "SEGV_BNDERR", "SEGV_PKUERR", "SEGV_ACCADI", "SEGV_ADIDERR", "SEGV_ADIPERR", "SEGV_MTEAERR", "SEGV_MTESERR", "SEGV_CPERR"},
	unix.SIGBUS:  {"BUS_ADRALN", "BUS_ADRERR", "BUS_OBJERR", "BUS_MCEERR_AR", "BUS_MCEERR_AO"},
	unix.SIGFPE:  {"FPE_INTDIV", "FPE_INTOVF", "FPE_FLTDIV", "FPE_FLTOVF", "FPE_FLTUND", "FPE_FLTRES", "FPE_FLTINV", "FPE_FLTSUB"},
	unix.SIGILL:  {"ILL_ILLOPC", "ILL_ILLOPN", "ILL_ILLADR", "ILL_ILLTRP", "ILL_PRVOPC", "ILL_PRVREG", "ILL_COPROC", "ILL_BADSTK"},
	unix.SIGTRAP: {"TRAP_BRKPT", "TRAP_TRACE", "TRAP_BRANCH", "TRAP_HWBKPT", "TRAP_UNK", "TRAP_PERF"},
	unix.SIGSYS:  {"SYS_SECCOMP", "SYS_USER_DISPATCH"},
}

func codeName(signal unix.Signal, code int) string {
	switch code {
	case 0:
		return "SI_USER"
	case siKernel:
		return "SI_KERNEL"
	case -1:
		return "SI_QUEUE"
	case -2:
		return "SI_TIMER"
	case -6:
		return "SI_TKILL"
	}
	if names := codeNames[signal]; code >= 1 && code <= len(names) {
		return names[code-1]
	}
	return ""
}

// signalWords are what shells say, in short.
func signalWords(signal unix.Signal) string {
	switch signal {
	case unix.SIGSEGV:
		return "segmentation fault"
	case unix.SIGBUS:
		return "bus error"
	case unix.SIGFPE:
		return "arithmetic exception"
	case unix.SIGILL:
		return "illegal instruction"
	case unix.SIGABRT:
		return "aborted"
	case unix.SIGTRAP:
		return "trap"
	case unix.SIGSYS:
		return "bad system call"
	}
	if name := unix.SignalName(signal); name != "" {
		return name
	}
	return "signal"
}

// Explains says whether there is evidence to be had of a signal.
func Explains(signal unix.Signal) bool {
	_, known := codeNames[signal]
	return known || signal == unix.SIGABRT
}
