package callargs

import (
	"encoding/binary"
	"os"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/seccomp"
)

// own is this process's memory, read as another's is: an address that isn't
// mapped is an error, not a fault.
type own struct{}

func (own) Read(address uint64, p []byte) (int, error) {
	local := []unix.Iovec{{Base: &p[0], Len: uint64(len(p))}}
	remote := []unix.RemoteIovec{{Base: uintptr(address), Len: len(p)}}
	return unix.ProcessVMReadv(os.Getpid(), local, remote, 0)
}

// place puts data where it ends at the end of readable memory, and says where
// that is.
func place(t *testing.T, data []byte) uint64 {
	page := os.Getpagesize()
	size := (len(data) + page - 1) / page * page
	memory, err := unix.Mmap(-1, 0, size+page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, unix.Munmap(memory)) })
	require.NoError(t, unix.Mprotect(memory[size:], unix.PROT_NONE))
	copy(memory[size-len(data):size], data)
	return uint64(uintptr(unsafe.Pointer(&memory[0]))) + uint64(size-len(data))
}

func placeText(t *testing.T, text string) uint64 { return place(t, append([]byte(text), 0)) }

func placeWords(t *testing.T, words ...uint64) uint64 {
	var data []byte
	for _, w := range words {
		data = binary.LittleEndian.AppendUint64(data, w)
	}
	return place(t, data)
}

func line(name string, args ...uint64) string {
	number, _ := seccomp.Number(name)
	data := &seccomp.Data{Number: number, Arch: seccomp.NativeArch}
	copy(data.Args[:], args)
	return name + "(" + strings.Join(Format(data, name, own{}), ", ") + ")"
}

func signed(n int64) uint64 { return uint64(n) }

func TestFormat(t *testing.T) {
	passwd := placeText(t, "/etc/passwd")
	inet := place(t, []byte{unix.AF_INET, 0, 0, 80, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0})
	inet6 := place(t, append([]byte{unix.AF_INET6, 0, 0x1f, 0x90, 0, 0, 0, 0}, append(make([]byte, 15), 1, 0, 0, 0, 0)...))
	unixPath := place(t, append([]byte{unix.AF_UNIX, 0}, "/run/x\x00"...))
	abstract := place(t, append([]byte{unix.AF_UNIX, 0, 0}, "hidden"...))
	hello := place(t, []byte("hello\n"))
	iov := placeWords(t, hello, 6, hello, 2)
	for _, test := range []struct {
		want string
		args []uint64
	}{
		{`openat(AT_FDCWD, "/etc/passwd", O_RDONLY)`, []uint64{signed(unix.AT_FDCWD), passwd, 0}},
		// The kernel takes the lower half.
		{`openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC)`, []uint64{0x1_ffffff9c, passwd, unix.O_CLOEXEC}},
		{`openat(3, "/etc/passwd", O_WRONLY|O_CREAT, 0644)`, []uint64{3, passwd, unix.O_CREAT | unix.O_WRONLY, 0o644}},
		{`openat(AT_FDCWD, NULL, O_RDONLY)`, []uint64{signed(unix.AT_FDCWD), 0, 0}},
		{`openat(AT_FDCWD, 0x10, O_RDONLY)`, []uint64{signed(unix.AT_FDCWD), 0x10, 0}},
		{`openat2(AT_FDCWD, "/etc/passwd", {flags=O_RDWR, resolve=RESOLVE_BENEATH}, 24)`,
			[]uint64{signed(unix.AT_FDCWD), passwd, placeWords(t, unix.O_RDWR, 0, unix.RESOLVE_BENEATH), 24}},
		{`faccessat(AT_FDCWD, "/etc/passwd", R_OK|X_OK)`, []uint64{signed(unix.AT_FDCWD), passwd, 5}},
		{`faccessat(AT_FDCWD, "/etc/passwd", F_OK)`, []uint64{signed(unix.AT_FDCWD), passwd, 0}},
		{`newfstatat(1, "", 0x1000, AT_EMPTY_PATH)`, []uint64{1, placeText(t, ""), 0x1000, unix.AT_EMPTY_PATH}},
		{`unlinkat(AT_FDCWD, "/etc/passwd", AT_REMOVEDIR)`, []uint64{signed(unix.AT_FDCWD), passwd, unix.AT_REMOVEDIR}},
		{`mknodat(AT_FDCWD, "/etc/passwd", S_IFCHR|0666, makedev(1, 3))`,
			[]uint64{signed(unix.AT_FDCWD), passwd, unix.S_IFCHR | 0o666, unix.Mkdev(1, 3)}},
		{`read(-1, NULL, 10)`, []uint64{signed(-1), 0, 10}},
		{`write(1, "hello\n", 6)`, []uint64{1, hello, 6}},
		{`write(1, "hello\n"..., 1000)`, []uint64{1, hello, 1000}},
		{`write(1, "", 0)`, []uint64{1, hello, 0}},
		{`write(1, 0xffffffffffffffff, 18446744073709551615)`, []uint64{1, ^uint64(0), ^uint64(0)}},
		{`writev(1, [{iov_base="hello\n", iov_len=6}, {iov_base="he", iov_len=2}], 2)`, []uint64{1, iov, 2}},
		{`writev(1, [{iov_base="hello\n", iov_len=6}, {iov_base="he", iov_len=2}, ...], -1)`, []uint64{1, iov, signed(-1)}},
		{`lseek(0, -5, SEEK_END)`, []uint64{0, signed(-5), 2}},
		{`fcntl(3, F_GETFL)`, []uint64{3, unix.F_GETFL, 77}},
		{`fcntl(3, F_SETFL, O_APPEND|O_NONBLOCK)`, []uint64{3, unix.F_SETFL, unix.O_APPEND | unix.O_NONBLOCK}},
		{`fcntl(3, F_SETFD, FD_CLOEXEC)`, []uint64{3, unix.F_SETFD, 1}},
		{`ioctl(0, TCGETS, 0x7000)`, []uint64{0, unix.TCGETS, 0x7000}},
		{`ioctl(0, 0x1234, NULL)`, []uint64{0, 0x1234, 0}},
		{`pipe2(0x7000, O_CLOEXEC)`, []uint64{0x7000, unix.O_CLOEXEC}},
		{`dup3(1, 2, 0)`, []uint64{1, 2, 0}},
		{`ppoll([{fd=0, events=POLLIN|POLLOUT}], 1, {tv_sec=1, tv_nsec=5}, NULL, 8)`,
			[]uint64{placeWords(t, 5<<32), 1, placeWords(t, 1, 5), 0, 8}},

		{`mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)`,
			[]uint64{0, 4096, 3, unix.MAP_PRIVATE | unix.MAP_ANONYMOUS, 0xffffffff, 0}},
		{`mprotect(0x1000, 4096, PROT_NONE)`, []uint64{0x1000, 4096, 0}},
		{`mremap(0x1000, 4096, 8192, MREMAP_MAYMOVE)`, []uint64{0x1000, 4096, 8192, 1, 9}},
		{`madvise(0x1000, 1, MADV_DONTNEED)`, []uint64{0x1000, 1, 4}},
		{`shmget(IPC_PRIVATE, 10, IPC_CREAT|0600)`, []uint64{0, 10, unix.IPC_CREAT | 0o600}},

		{`execve("/etc/passwd", ["/etc/passwd", "hello\n"...], 0x`, []uint64{passwd, placeWords(t, passwd, hello, 0), placeWords(t, passwd, passwd, 0)}},
		{`execve("/etc/passwd", NULL, 0x8)`, []uint64{passwd, 0, 8}},
		{`clone(CLONE_VM|CLONE_VFORK|SIGCHLD, 0x7000, NULL, NULL, NULL)`, []uint64{unix.CLONE_VM | unix.CLONE_VFORK | 17, 0x7000}},
		{`clone(SIGCHLD, NULL, NULL, NULL, NULL)`, []uint64{17}},
		{`clone3({flags=CLONE_VM, exit_signal=SIGCHLD, stack=0x4000, stack_size=0x100}, 88)`,
			[]uint64{placeWords(t, unix.CLONE_VM, 0, 0, 0, 17, 0x4000, 0x100, 0, 0, 0, 0), 88}},
		{`clone3(0x4, 88)`, []uint64{4, 88}},
		{`unshare(CLONE_NEWUSER|CLONE_NEWNET)`, []uint64{unix.CLONE_NEWUSER | unix.CLONE_NEWNET}},
		{`wait4(-1, NULL, WNOHANG, NULL)`, []uint64{signed(-1), 0, 1, 0}},
		{`kill(0, SIGKILL)`, []uint64{0, 9}},
		{`kill(-1, 0)`, []uint64{signed(-1), 0}},
		{`tgkill(1, 1, 33)`, []uint64{1, 1, 33}},
		{`rt_sigaction(SIGSEGV, {sa_handler=SIG_IGN, sa_mask=[SIGHUP SIGINT], sa_flags=SA_RESTART}, NULL, 8)`,
			[]uint64{11, placeWords(t, 1, 0x10000000, 0, 3), 0, 8}},
		{`rt_sigprocmask(SIG_SETMASK, ~[SIGSEGV], NULL, 8)`, []uint64{2, placeWords(t, ^uint64(1<<10)), 0, 8}},
		{`futex(0x1000, FUTEX_WAIT_PRIVATE, 2, {tv_sec=-1, tv_nsec=0})`, []uint64{0x1000, 0x80, 2, placeWords(t, ^uint64(0), 0), 5, 5}},
		{`futex(0x1000, FUTEX_WAKE, 1)`, []uint64{0x1000, 1, 1, 5, 5, 5}},
		{`futex(0x1000, FUTEX_REQUEUE_PRIVATE, 1, 0x7fffffff, 0x2000, 0)`, []uint64{0x1000, 0x83, 1, 0x7fffffff, 0x2000, 0}},
		{`prctl(PR_SET_NAME, "/etc/passwd")`, []uint64{unix.PR_SET_NAME, passwd}},
		{`prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)`, []uint64{unix.PR_SET_NO_NEW_PRIVS, 1}},
		{`prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, 0x10)`, []uint64{unix.PR_SET_SECCOMP, 2, 16}},
		{`prctl(PR_SET_PDEATHSIG, SIGKILL)`, []uint64{unix.PR_SET_PDEATHSIG, 9}},
		{`seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, 0x10)`, []uint64{1, 1, 16}},
		{`ptrace(PTRACE_TRACEME, 0, NULL, 0)`, nil},
		{`ptrace(PTRACE_SEIZE, 7, NULL, 1)`, []uint64{unix.PTRACE_SEIZE, 7, 0, 1}},
		{`prlimit64(0, RLIMIT_NOFILE, {rlim_cur=10, rlim_max=RLIM_INFINITY}, NULL)`,
			[]uint64{0, unix.RLIMIT_NOFILE, placeWords(t, 10, ^uint64(0)), 0}},
		{`setresuid(0, -1, 1000)`, []uint64{0, 0xffffffff, 1000}},
		{`personality(PER_LINUX|ADDR_NO_RANDOMIZE)`, []uint64{0x40000}},
		{`getpid()`, []uint64{1, 2, 3}},
		{`exit_group(-1)`, []uint64{0xffffffff}},
		{`clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, {tv_sec=1, tv_nsec=0}, NULL)`, []uint64{1, 1, placeWords(t, 1, 0)}},

		{`socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_TCP)`, []uint64{unix.AF_INET, unix.SOCK_STREAM | unix.SOCK_CLOEXEC, 6}},
		{`socket(AF_NETLINK, SOCK_RAW, 6)`, []uint64{unix.AF_NETLINK, unix.SOCK_RAW, 6}},
		{`connect(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, 16)`, []uint64{3, inet, 16}},
		{`connect(3, {sa_family=AF_INET6, sin6_port=htons(8080), sin6_addr="::1"}, 28)`, []uint64{3, inet6, 28}},
		{`bind(3, {sa_family=AF_UNIX, sun_path="/run/x"}, 9)`, []uint64{3, unixPath, 9}},
		{`bind(3, {sa_family=AF_UNIX, sun_path=@"hidden"}, 9)`, []uint64{3, abstract, 9}},
		{`bind(3, 0x5, -1)`, []uint64{3, 5, signed(-1)}},
		{`sendto(3, "hello\n", 6, MSG_NOSIGNAL, NULL, 0)`, []uint64{3, hello, 6, unix.MSG_NOSIGNAL, 0, 0}},
		{`sendmsg(3, {msg_iov=[{iov_base="hello\n", iov_len=6}]}, 0)`, []uint64{3, placeWords(t, 0, 0, iov, 1, 0, 0, 0), 0}},
		{`setsockopt(3, SOL_SOCKET, SO_REUSEADDR, 0x9, 4)`, []uint64{3, unix.SOL_SOCKET, unix.SO_REUSEADDR, 9, 4}},

		// By their types alone.
		{`keyctl(-1, 0x10, 2, 3, 4)`, []uint64{0xffffffff, 16, 2, 3, 4}},
		{`timerfd_gettime(4, 0xa)`, []uint64{4, 10}},
		// Of which nothing is known.
		{`syscall_999(1, 0xff, 0xffffffffffffffff, 0, 0, 0)`, []uint64{1, 255, ^uint64(0)}},
	} {
		name, _, _ := strings.Cut(test.want, "(")
		got := line(name, test.args...)
		if name == "execve" && strings.HasSuffix(test.want, "0x") {
			assert.Regexp(t, `^execve\("/etc/passwd", \["/etc/passwd", "hello\\n"\.\.\.\], 0x[0-9a-f]+ /\* 2 vars \*/\)$`, got)
			continue
		}
		assert.Equal(t, test.want, got)
	}
}

func TestCutShort(t *testing.T) {
	long := strings.Repeat("é\x01", 3000)
	address := placeText(t, long)
	path := Format(&seccomp.Data{Arch: seccomp.NativeArch, Args: [6]uint64{address}}, "chdir", own{})
	assert.Less(t, len(path[0]), 4*longestPath+8)
	assert.True(t, strings.HasSuffix(path[0], `"...`), path)
	assert.NotContains(t, path[0], "\x01")
	text := Format(&seccomp.Data{Arch: seccomp.NativeArch, Args: [6]uint64{1, address, 9000}}, "write", own{})
	assert.Less(t, len(text[1]), 4*longestText+8)

	arguments := make([]uint64, 5000)
	for i := range arguments {
		arguments[i] = address
	}
	list := Format(&seccomp.Data{Arch: seccomp.NativeArch, Args: [6]uint64{address, placeWords(t, arguments...)}}, "execve", own{})
	assert.Less(t, len(list[1]), (mostElements+1)*(4*longestText+8))
	assert.True(t, strings.HasSuffix(list[1], ", ...]"))
	// The last of these bytes are readable, and no NUL comes.
	assert.Equal(t, []string{`"abc"...`}, Format(&seccomp.Data{Arch: seccomp.NativeArch, Args: [6]uint64{place(t, []byte("abc"))}}, "chdir", own{}))
}

func TestWithoutMemory(t *testing.T) {
	data := &seccomp.Data{Arch: seccomp.NativeArch, Args: [6]uint64{0xffffff9c, 0x1000, 0}}
	assert.Equal(t, []string{"AT_FDCWD", "0x1000", "O_RDONLY"}, Format(data, "openat", nil))
	data.Args = [6]uint64{1, 0x1000, 0x1000}
	assert.Equal(t, []string{"0x1000", "0x1000", "NULL"}, Format(&seccomp.Data{Arch: seccomp.NativeArch, Args: [6]uint64{0x1000, 0x1000}}, "execve", nil))
	assert.Equal(t, []string{"1", "0x1000", "4096"}, Format(data, "write", nil))
}

// TestForeign holds that another ABI's call is not written by the native table:
// number 5 is open on i386, and its first argument a path.
func TestForeign(t *testing.T) {
	address := placeText(t, "secret")
	want := []string{"0x", "0", "0", "0", "0", "0"}
	for _, data := range []seccomp.Data{
		{Number: 5, Arch: unix.AUDIT_ARCH_I386},
		{Number: 2 | 0x40000000, Arch: unix.AUDIT_ARCH_X86_64},
	} {
		data.Args[0] = address
		got := Format(&data, seccomp.SyscallName(data.Arch, data.Number), own{})
		got[0] = got[0][:2]
		assert.Equal(t, want, got)
		if data.Arch != seccomp.NativeArch {
			assert.NotContains(t, Format(&data, "open", own{})[0], "secret", "whatever name is said")
		}
	}
}

func TestResult(t *testing.T) {
	for _, test := range []struct {
		name  string
		value int64
		want  string
	}{
		{"read", 5, "5"},
		{"openat", -2, "-1 ENOENT (no such file or directory)"},
		{"mmap", 0x7f0000000000, "0x7f0000000000"},
		{"mmap", -12, "-1 ENOMEM (cannot allocate memory)"},
		{"read", -512, "? ERESTARTSYS"},
		{"read", -4000, "-1 errno 4000"},
		{"lseek", -4096, "-4096"},
	} {
		assert.Equal(t, test.want, Result(test.name, test.value))
	}
}

// TestTable holds that the table agrees with the one of types: as many
// arguments, pointers where those are, and known words and names alone.
func TestTable(t *testing.T) {
	for name, words := range shapes {
		assert.True(t, seccomp.Known(name), name)
		list := strings.Fields(words)
		for i, word := range list {
			word = strings.TrimSuffix(word, "?")
			require.Contains(t, writers, word, name)
			kind := seccomp.TypeOf(name, i)
			if kind == 0 {
				continue
			}
			pointers := []string{"pointer", "path", "in", "iov", "argv", "envp", "how", "clone3", "sigset", "sigaction", "time", "times", "limit", "polls", "address", "messageHeader"}
			if kind == seccomp.Pointer {
				assert.Contains(t, append(pointers, "futexTime"), word, "%s argument %d", name, i)
			}
		}
		if seccomp.TypeOf(name, 0) != 0 {
			assert.Zero(t, seccomp.TypeOf(name, len(list)), "%s has more than %d arguments", name, len(list))
			assert.NotZero(t, seccomp.TypeOf(name, len(list)-1), "%s has fewer than %d arguments", name, len(list))
		}
	}
}

func FuzzFormat(f *testing.F) {
	for name := range shapes {
		f.Add(name, uint64(0), uint64(1), ^uint64(0), uint64(0x1000), uint64(5), uint64(6), []byte("data\x00more"))
	}
	f.Fuzz(func(t *testing.T, name string, a, b, c, d, e, g uint64, content []byte) {
		if len(content) == 0 {
			return
		}
		args := [6]uint64{a, b, c, d, e, g}
		data := &seccomp.Data{Arch: seccomp.NativeArch, Args: args}
		memory := &arena{content: content}
		list := Format(data, name, memory)
		assert.LessOrEqual(t, len(list), 6)
		for _, text := range list {
			assert.Less(t, len(text), 1<<14)
			assert.NotContains(t, text, "\n")
		}
		Result(name, int64(a))
	})
}

// arena answers every address with the same content, shifted by it.
type arena struct{ content []byte }

func (a *arena) Read(address uint64, p []byte) (int, error) {
	if address < 0x1000 {
		return 0, unix.EFAULT
	}
	return copy(p, a.content[address%uint64(len(a.content)):]), nil
}
