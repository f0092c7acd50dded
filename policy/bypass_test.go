package policy

import (
	"os"
	"runtime"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/seccomp"
)

// file is a policy in a file that everyone may read.
func file(t *testing.T, text string) string {
	t.Helper()
	f, err := os.CreateTemp("", "*.yaml")
	require.NoError(t, err)
	t.Cleanup(func() { os.Remove(f.Name()) })
	_, err = f.WriteString(text)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	return f.Name()
}

// attempt makes one call in a program under a policy: what became of it is
// "returned", an errno's name, or "SIGSYS".
func attempt(t *testing.T, policy, call string, args ...string) string {
	t.Helper()
	nr, ok := seccomp.Number(call)
	require.True(t, ok, call)
	return became(under(t, policy, "", append([]string{testprog.Build(t, "syscall"), strconv.Itoa(int(nr))}, args...)...))
}

func became(got outcome) string {
	switch {
	case got.signal != 0:
		return unix.SignalName(got.signal)
	case got.output["errno"] != "":
		return got.output["errno"]
	case got.output["returned"] != "":
		return "returned"
	}
	return got.output[""] + got.stderr
}

func TestForeignDoorsAreShut(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("int 0x80 and x32 are amd64's")
	}
	program := testprog.Build(t, "abi_foreign")
	// The 32-bit numbers of getpid, write, execve, socketcall, clone3; and the
	// native ones of getpid, write, execve.
	for door, numbers := range map[string][]string{"int80": {"20", "4", "11", "102", "435"}, "x32": {"39", "1", "59", "520"}} {
		for _, number := range numbers {
			for _, policy := range []string{"strict", "default", "permissive"} {
				assert.Equal(t, "SIGSYS", became(under(t, policy, "", program, door, number)), "%s %s under %s", door, number, policy)
			}
		}
	}
}

func TestBypassesAreRefused(t *testing.T) {
	onlyOpenat := file(t, "extends: strict\nrules: [{do: kill, calls: [openat2, open, creat, execveat]}]")
	onlyUnix := file(t, "extends: strict\nrules: [{do: allow, calls: [socket], when: [{arg: 0, is: AF_UNIX}]}, {do: EACCES, calls: [socket]}]")
	noInet := file(t, "extends: strict\nrules: [{do: EACCES, calls: [socket], when: [{arg: 0, is: AF_INET}]}, {do: allow, calls: [socket]}]")
	for _, c := range []struct {
		why, policy, want, call string
		args                    []string
	}{
		{"as it should be", onlyUnix, "returned", "socket", []string{"1", "1", "0"}},
		{"the upper half of an int that is allowed", onlyUnix, "returned", "socket", []string{"0x100000001", "1", "0"}},
		{"as it should be", noInet, "EACCES", "socket", []string{"2", "1", "0"}},
		{"the upper half of an int that is refused", noInet, "EACCES", "socket", []string{"0x100000002", "1", "0"}},
		{"the upper half of an ioctl", "permissive", "EPERM", "ioctl", []string{"0", "0xf00000000000" + "5412"}},
		{"the upper half of clone's flags", "permissive", "EPERM", "clone", []string{"0xffffffff10000011"}},
		{"clone3 beside clone", "strict", "ENOSYS", "clone3", []string{"0", "0"}},
		{"clone3 beside clone", "default", "ENOSYS", "clone3", []string{"0", "0"}},
		{"clone3 beside clone", "permissive", "ENOSYS", "clone3", []string{"0", "0"}},
		{"openat2 beside openat", onlyOpenat, "SIGSYS", "openat2", []string{"-100", "@/etc/passwd", "0", "24"}},
		{"openat itself", onlyOpenat, "returned", "openat", []string{"-100", "@/etc/passwd", "0"}},
		{"execveat beside execve", onlyOpenat, "SIGSYS", "execveat", []string{"-100", "@/bin/true", "0", "0", "0"}},
		{"io_uring", "strict", "ENOSYS", "io_uring_setup", []string{"1", "0"}},
		{"io_uring", "default", "ENOSYS", "io_uring_setup", []string{"1", "0"}},
		{"io_uring", "permissive", "ENOSYS", "io_uring_setup", []string{"1", "0"}},
		{"reads that end later", "permissive", "ENOSYS", "io_submit", []string{"0", "0", "0"}},
		{"reads that end later", "default", "ENOSYS", "io_setup", []string{"1", "0"}},
		{"a pair whose ends can send anywhere", "default", "EACCES", "socketpair", []string{"1", "2", "0", "0"}},
		{"a pair whose ends can't", "default", "EFAULT", "socketpair", []string{"1", "1", "0", "0"}},
		{"another's memory", "permissive", "EPERM", "process_vm_writev", []string{"1", "0", "0", "0", "0", "0"}},
		{"a listener of one's own", "permissive", "EPERM", "seccomp", []string{"1", "8", "0"}},
		{"keyrings", "permissive", "ENOSYS", "keyctl", []string{"0", "-3", "1"}},
		{"another's memory", "default", "SIGSYS", "process_vm_writev", []string{"1", "0", "0", "0", "0", "0"}},
		{"tracing", "default", "SIGSYS", "ptrace", []string{"0"}},
		{"new namespaces", "default", "SIGSYS", "unshare", []string{"0x10000000"}},
		{"new namespaces", "permissive", "EPERM", "unshare", []string{"0x10000000"}},
	} {
		assert.Equal(t, c.want, attempt(t, c.policy, c.call, c.args...), "%s: %s %v", c.why, c.call, c.args)
	}
}

// Calls that honest programs make at their start or when they fail are nowhere
// fatal: a false violation is the worst that a policy can do.
func TestHonestCallsAreNotFatal(t *testing.T) {
	for _, name := range Names() {
		p := named(t, name)
		for _, call := range []string{"set_tid_address", "set_robust_list", "rseq", "prlimit64", "getrandom", "sched_getaffinity",
			"tgkill", "kill", "rt_sigaction", "clone3", "io_uring_setup", "prctl 0x53564d41", "prctl 9999", "ioctl 0 TCGETS",
			"ioctl 0 0x1234", "membarrier", "statx", "memfd_create", "mlock", "getcpu", "sysinfo", "personality 0xffffffff",
			"sched_yield", "madvise", "mremap", "timer_create", "setrlimit", "futex"} {
			mismatches, err := p.Test([]Expectation{{Call: call, Expect: "kill"}})
			require.NoError(t, err)
			assert.NotEmpty(t, mismatches, "%s kills %s", name, call)
		}
	}
	// abort() ends as abort() does.
	assert.Equal(t, unix.SIGABRT, under(t, "strict", "", testprog.Build(t, "signal_raise"), "abort").signal)
}
