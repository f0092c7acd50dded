package supervisor_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/seccomp"
	"github.com/bailiff-judge/bailiff/supervisor"
)

// upper is what the kernel ignores of an int.
const upper = uint64(0xdeadbeef) << 32

// cwd is AT_FDCWD as a program may leave it in a register.
const cwd = upper | uint64(uint32(0xffffff9c))

// ask is a call of this test's own thread: strings are passed by their address.
func ask(t testing.TB, name string, args ...any) *supervisor.Call {
	t.Helper()
	number, known := seccomp.Number(name)
	if !known {
		t.Skipf("this architecture has no %s", name)
	}
	data := seccomp.Data{Number: number, Arch: seccomp.NativeArch}
	var pinner runtime.Pinner
	t.Cleanup(pinner.Unpin)
	for i, arg := range args {
		switch arg := arg.(type) {
		case int:
			data.Args[i] = uint64(arg)
		case uint64:
			data.Args[i] = arg
		case string:
			text := append([]byte(arg), 0)
			pinner.Pin(&text[0])
			data.Args[i] = uint64(uintptr(unsafe.Pointer(&text[0])))
		case unix.OpenHow:
			raw := make([]byte, 24)
			binary.NativeEndian.PutUint64(raw, arg.Flags)
			binary.NativeEndian.PutUint64(raw[8:], arg.Mode)
			binary.NativeEndian.PutUint64(raw[16:], arg.Resolve)
			pinner.Pin(&raw[0])
			data.Args[i] = uint64(uintptr(unsafe.Pointer(&raw[0])))
		default:
			require.Fail(t, "no such argument", "%T", arg)
		}
	}
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	c := supervisor.NewCall(unix.Gettid(), os.Getpid(), data, supervisor.NewMemory(unix.Gettid()))
	t.Cleanup(c.Close)
	return c
}

// tree is a directory with something of everything.
func tree(t testing.TB) string {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	for _, d := range []string{"dir", "dir/sub", "odd (deleted)"} {
		require.NoError(t, os.Mkdir(filepath.Join(dir, d), 0o755))
	}
	for _, f := range []string{"file", "dir/inner", "twin (deleted)"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, f), []byte("x"), 0o644))
	}
	for link, target := range map[string]string{
		"link": "file", "up": "dir/../dir/inner", "todir": "dir", "toslash": "dir/", "dangling": "nowhere",
		"loop": "loop", "far": dir + "/dir/inner", "proc": "/proc/self", "me": "/proc/thread-self/status", "missing": "dir/none",
	} {
		require.NoError(t, os.Symlink(target, filepath.Join(dir, link)))
	}
	require.NoError(t, unix.Mkfifo(filepath.Join(dir, "fifo"), 0o644))
	return dir
}

func TestWhatPathsMean(t *testing.T) {
	dir := tree(t)
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_CLOEXEC, 0)
	require.NoError(t, err)
	defer unix.Close(fd)
	file, err := os.Open(dir + "/file")
	require.NoError(t, err)
	defer file.Close()
	at := upper | uint64(fd)
	self := "/proc/" + strconv.Itoa(os.Getpid())
	long := strings.Repeat("./", 2046) + "abc" // 4,095 bytes
	const read, stat, write, create = policy.Read, policy.Stat, policy.Write, policy.Create
	for _, c := range []struct {
		name   string
		args   []any
		path   string // relative ones are in dir
		access policy.Access
		err    error
	}{
		{"openat", []any{at, "file", 0}, "file", read, nil},
		{"openat", []any{cwd, dir + "/file", 0}, "file", read, nil},
		{"openat", []any{at, "./dir//sub/../inner", 0}, "dir/inner", read, nil},
		{"openat", []any{at, "link", 0}, "file", read, nil},
		{"openat", []any{at, "up", 0}, "dir/inner", read, nil},
		{"openat", []any{at, "far", 0}, "dir/inner", read, nil},
		{"openat", []any{at, "todir/inner", 0}, "dir/inner", read, nil},
		{"openat", []any{at, "todir/", 0}, "dir", read, nil},
		{"openat", []any{at, "toslash", 0}, "dir", read, nil},
		{"openat", []any{at, "toslash/..", 0}, "", read, nil},
		{"openat", []any{at, "link", unix.O_NOFOLLOW}, "link", read, nil},
		{"openat", []any{at, "link", unix.O_NOFOLLOW | unix.O_PATH}, "link", stat, nil},
		{"openat", []any{at, "link", unix.O_CREAT | unix.O_EXCL}, "link", read | create, nil},
		{"openat", []any{at, "link", unix.O_CREAT}, "file", read, nil},
		{"openat", []any{at, "dangling", unix.O_CREAT | unix.O_WRONLY}, "nowhere", write | create, nil},
		{"openat", []any{at, "missing", unix.O_CREAT | unix.O_WRONLY}, "dir/none", write | create, nil},
		{"openat", []any{at, "none", 0}, "none", read, nil},
		{"openat", []any{at, "none/none", 0}, "none/none", read, unix.ENOENT},
		{"openat", []any{at, "loop", 0}, "loop", read, unix.ELOOP},
		{"openat", []any{at, "file/", 0}, "file", read, unix.ENOTDIR},
		{"openat", []any{at, "file/x", 0}, "file/x", read, unix.ENOTDIR},
		{"openat", []any{at, "fifo", 1}, "fifo", write, nil},
		{"openat", []any{at, "twin (deleted)", 0}, "twin (deleted)", read, nil},
		{"openat", []any{at, "odd (deleted)", 0}, "odd (deleted)", read, nil},
		{"openat", []any{at, "../../../../../../../../../../../etc/../" + dir + "/file", 0}, "file", read, nil},
		{"openat", []any{at, "", 0}, "!", read, unix.ENOENT},
		{"openat", []any{at, 0, 0}, "!", read, unix.EFAULT},
		{"openat", []any{at, 4096, 0}, "!", read, unix.EFAULT},
		{"openat", []any{at, ^uint64(0), 0}, "!", read, unix.EFAULT},
		{"openat", []any{at, uint64(0xffffffffff600000), 0}, "!", read, unix.EFAULT},
		{"openat", []any{at, long, 0}, "abc", read, nil},
		{"openat", []any{at, long + "d", 0}, "!", read, unix.ENAMETOOLONG},
		{"openat", []any{at, strings.Repeat("x", 256), 0}, strings.Repeat("x", 256), read, unix.ENAMETOOLONG},
		{"openat", []any{987654, "file", 0}, "!", read, unix.EBADF},
		{"openat", []any{-1, "file", 0}, "!", read, unix.EBADF},
		{"openat", []any{-1, dir + "/file", 0}, "file", read, nil},
		{"openat", []any{int(file.Fd()), "file", 0}, "file/file", read, unix.ENOTDIR},
		{"openat2", []any{at, "link", unix.OpenHow{}, 24}, "file", read, nil},
		{"openat2", []any{at, "link", unix.OpenHow{Resolve: unix.RESOLVE_NO_SYMLINKS}, 24}, "link", read, unix.ELOOP},
		{"openat2", []any{at, "/dir/../../../inner", unix.OpenHow{Resolve: unix.RESOLVE_IN_ROOT}, 24}, "inner", read, nil},
		{"openat2", []any{at, "/dir/inner", unix.OpenHow{Resolve: unix.RESOLVE_IN_ROOT}, 24}, "dir/inner", read, nil},
		{"openat2", []any{at, "../x", unix.OpenHow{Resolve: unix.RESOLVE_BENEATH}, 24}, "../x", read, unix.EXDEV},
		{"openat2", []any{at, "far", unix.OpenHow{Resolve: unix.RESOLVE_BENEATH}, 24}, "far", read, unix.EXDEV},
		{"openat2", []any{at, "dir/new", unix.OpenHow{Flags: unix.O_CREAT | unix.O_RDWR, Resolve: unix.RESOLVE_BENEATH}, 24}, "dir/new", read | write | create, nil},
		{"openat2", []any{at, "file", unix.OpenHow{}, 0}, "!", 0, unix.EINVAL},
		{"openat2", []any{at, "file", unix.OpenHow{}, 5000}, "!", 0, unix.E2BIG},
		{"openat2", []any{at, "file", 0, 24}, "!", 0, unix.EFAULT},
		{"openat2", []any{at, "proc/exe", unix.OpenHow{Resolve: unix.RESOLVE_NO_MAGICLINKS}, 24}, "/proc/self/exe", read, unix.ELOOP},
		{"openat", []any{cwd, "/proc/self/maps", 0}, "/proc/self/maps", read, nil},
		{"openat", []any{cwd, "/proc/thread-self/maps", 0}, "/proc/self/task/TID/maps", read, nil},
		{"openat", []any{at, "proc/maps", 0}, "/proc/self/maps", read, nil},
		{"openat", []any{at, "me", 0}, "/proc/self/task/TID/status", read, nil},
		{"openat", []any{cwd, self + "/maps", 0}, "/proc/self/maps", read, nil},
		{"openat", []any{cwd, "/proc/TID/maps", 0}, "/proc/self/maps", read, nil},
		{"openat", []any{cwd, "/proc/1/status", 0}, "/proc/1/status", read, nil},
		{"openat", []any{cwd, "/proc/1/root/etc", 0}, "/proc/1/root/etc", read, unix.EACCES},
		{"openat", []any{cwd, "/proc/mounts", 0}, "/proc/self/mounts", read, nil},
		{"openat", []any{cwd, fmt.Sprintf("/proc/self/fd/%d", fd), 0}, "", read, nil},
		{"openat", []any{cwd, fmt.Sprintf("/dev/fd/%d/dir/inner", fd), 0}, "dir/inner", read, nil},
		{"newfstatat", []any{at, "link", 4096, unix.AT_SYMLINK_NOFOLLOW}, "link", stat, nil},
		{"newfstatat", []any{at, "link", 4096, 0}, "file", stat, nil},
		{"newfstatat", []any{at, "link/", 4096, unix.AT_SYMLINK_NOFOLLOW}, "file", stat, unix.ENOTDIR},
		{"newfstatat", []any{at, "", 4096, unix.AT_EMPTY_PATH}, "", stat, nil},
		{"newfstatat", []any{at, 0, 4096, unix.AT_EMPTY_PATH}, "", stat, nil},
		{"statx", []any{at, "", unix.AT_EMPTY_PATH, 0, 4096}, "", stat, nil},
		{"utimensat", []any{int(file.Fd()), 0, 0, 0}, "file", write, nil},
		{"utimensat", []any{cwd, 0, 0, 0}, "!", write, unix.EFAULT},
		{"faccessat", []any{at, "link", upper | unix.R_OK}, "file", stat | read, nil},
		{"readlinkat", []any{at, "link", 4096, 10}, "link", stat, nil},
		{"mkdirat", []any{at, "new/", 0o755}, "new", create, nil},
		{"mkdirat", []any{at, "link", 0o755}, "link", create, nil},
		{"mkdirat", []any{at, "todir/new", 0o755}, "dir/new", create, nil},
		{"unlinkat", []any{at, "link", 0}, "link", write, nil},
		{"unlinkat", []any{at, "todir/", 0}, "todir", write, nil},
		{"unlinkat", []any{at, "none/x", 0}, "none/x", write, unix.ENOENT},
		{"linkat", []any{at, "link", at, "new", 0}, "link", read | write, nil},
		{"linkat", []any{at, "link", at, "new", unix.AT_SYMLINK_FOLLOW}, "file", read | write, nil},
		{"execveat", []any{int(file.Fd()), "", 0, 0, unix.AT_EMPTY_PATH}, "file", policy.Execute, nil},
		{"inotify_add_watch", []any{3, "link", unix.IN_DONT_FOLLOW}, "!", read, nil},
	} {
		t.Run(fmt.Sprint(c.name, c.args), func(t *testing.T) {
			for i, arg := range c.args {
				if text, ok := arg.(string); ok {
					c.args[i] = strings.ReplaceAll(text, "TID", strconv.Itoa(unix.Gettid()))
				}
			}
			call := ask(t, c.name, c.args...)
			require.NotEmpty(t, call.Files)
			want := strings.ReplaceAll(c.path, "TID", strconv.Itoa(call.TID))
			switch {
			case want == "!":
				want = ""
			case !strings.HasPrefix(want, "/"):
				want = filepath.Join(dir, want)
			}
			got := call.Files[0]
			if c.name != "inotify_add_watch" {
				assert.Equal(t, want, got.Path)
				assert.Equal(t, c.err, got.Err)
			}
			assert.Equal(t, c.access, got.Access, "%v", got.Access)
		})
	}
}

// How long the judge walks for a program is bounded, however many names there
// are in links.
func TestEndlessPath(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "a"), 0o700))
	const links = 30
	for i := range links {
		target := strings.Repeat("a/../", 700) + fmt.Sprintf("l%d", i+1)
		if i == links-1 {
			target = "a"
		}
		require.NoError(t, os.Symlink(target, filepath.Join(dir, fmt.Sprintf("l%d", i))))
	}
	for name, want := range map[string]error{"l0": unix.ELOOP, fmt.Sprintf("l%d", links-3): nil, strings.Repeat("a/../", 800) + "a": nil} {
		steps := 0
		visit := func(supervisor.Step) error { steps++; return nil } // step by step, which is what takes long
		place, _, err := supervisor.Find(os.Getpid(), os.Getpid(), unix.AT_FDCWD, filepath.Join(dir, name), true, visit)
		assert.Equal(t, want, err, "%.20s", name)
		assert.Less(t, steps, 10000)
		place.Close()
	}
}
