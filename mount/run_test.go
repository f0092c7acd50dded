package mount

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/kernel"
	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/script"
	"github.com/bailiff-judge/bailiff/internal/testprog"
)

// world is a way to have namespaces of one's own.
type world struct {
	user     bool // with a user namespace
	features kernel.Features
	prelude  []script.Call // before the tree
}

// inEachWorld runs a test in all of them that this machine and user can have.
func inEachWorld(t *testing.T, f func(*testing.T, *world)) {
	t.Helper()
	probed := kernel.Probe()
	old := probed
	old.MountSetattr = false
	for _, w := range []struct {
		name string
		world
	}{
		{"privileged", world{features: probed}},
		{"privileged before mount_setattr", world{features: old}},
		{"user namespace", world{user: true, features: probed}},
		{"user namespace before mount_setattr", world{user: true, features: old}},
	} {
		t.Run(w.name, func(t *testing.T) {
			if !w.user && os.Geteuid() != 0 {
				t.Skip("needs CAP_SYS_ADMIN outside of a user namespace: run as root")
			}
			if w.features.MountSetattr && !probed.MountSetattr {
				t.Skip("needs Linux 5.12")
			}
			leakcheck.Check(t)
			f(t, &w.world)
		})
	}
}

func row(nr uintptr, args ...script.Arg) script.Call {
	return script.Call{Step: "test", Index: -1, Nr: nr, Args: args}
}

// write is what `echo text > path` does.
func write(path, text string) []script.Call {
	open := row(unix.SYS_OPENAT, script.CWD(), script.String(path), script.Int(unix.O_WRONLY|unix.O_CLOEXEC))
	open.Out = "test"
	return []script.Call{open, row(unix.SYS_WRITE, script.Value("test"), script.String(text), script.Int(len(text)))}
}

// rows are those of a start: namespaces, the tree, the program.
func (w *world) rows(t testing.TB, tree *Tree, argv ...string) (*script.Program, uintptr) {
	t.Helper()
	var calls []script.Call
	flags := uintptr(unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWIPC | unix.CLONE_VFORK)
	if w.user {
		flags |= unix.CLONE_NEWUSER
		calls = append(calls, write("/proc/self/setgroups", "deny")...)
		calls = append(calls, write("/proc/self/uid_map", fmt.Sprintf("0 %d 1", os.Geteuid()))...)
		calls = append(calls, write("/proc/self/gid_map", fmt.Sprintf("0 %d 1", os.Getegid()))...)
	}
	calls = append(calls, w.prelude...)
	if tree != nil {
		compiled, err := tree.compile(w.user, w.features)
		require.NoError(t, err)
		calls = append(calls, compiled...)
	}
	for fd := range 2 {
		calls = append(calls, row(unix.SYS_DUP3, script.Value("out"), script.Int(fd+1), script.Int(0)))
	}
	exec := row(unix.SYS_EXECVE, script.String(argv[0]), script.Strings(argv), script.Strings([]string{"PATH=/bin:/usr/bin"}))
	exec.Name = argv[0]
	program, err := script.Assemble(append(calls, exec))
	require.NoError(t, err)
	return program, flags
}

// run is what a program in that view prints, to both its outputs, and the
// failure of a row.
func (w *world) run(t *testing.T, tree *Tree, argv ...string) (string, error) {
	t.Helper()
	program, flags := w.rows(t, tree, argv...)
	var pipe [2]int
	require.NoError(t, unix.Pipe2(pipe[:], unix.O_CLOEXEC))
	in := program.Instance()
	in.Set("out", uint64(pipe[1]))
	pid, err := in.Spawn(flags)
	unix.Close(pipe[1])
	read := os.NewFile(uintptr(pipe[0]), "pipe")
	defer read.Close()
	if w.user && (err == unix.EPERM || err == unix.ENOSPC || err == unix.EINVAL) {
		t.Skip("user namespaces are not allowed here: ", err)
	}
	require.NoError(t, err)
	var output strings.Builder
	_, err = read.WriteTo(&output)
	require.NoError(t, err)
	wait(t, pid)
	return output.String(), in.Failure()
}

func wait(t testing.TB, pid int) {
	for {
		if _, err := unix.Wait4(pid, nil, unix.WALL, nil); err != unix.EINTR {
			require.NoError(t, err)
			return
		}
	}
}

// must is run for a tree that can be made.
func (w *world) must(t *testing.T, tree *Tree, argv ...string) string {
	t.Helper()
	output, err := w.run(t, tree, argv...)
	require.NoError(t, err)
	return output
}

// shell is what a shell script prints in that view, which needs tools().
func (w *world) shell(t *testing.T, tree *Tree, script string) string {
	t.Helper()
	return strings.TrimSpace(w.must(t, tree, "/bin/sh", "-c", script))
}

// tools is a view with the machine's own programs.
func tools() *Tree {
	return new(Tree).Bind("/usr", "/usr", 0).Bind("/bin", "/bin", 0).
		Bind("/lib", "/lib", Optional).Bind("/lib64", "/lib64", Optional)
}

// with is a view with one of the test programs.
func with(t testing.TB, name string) *Tree {
	return new(Tree).Bind(testprog.Build(t, name), "/"+name, 0)
}

// mountsSeen reads what whoami reports: options by mount point.
func mountsSeen(output string) map[string]string {
	found := map[string]string{}
	for name, value := range testprog.Values(output) {
		if strings.HasPrefix(name, "mount[") {
			fields := strings.Fields(value)
			found[fields[4]] = fields[5]
		}
	}
	return found
}

// writable is what escape_write reports.
func writable(t *testing.T, output string) []string {
	t.Helper()
	assert.Contains(t, output, "directories=")
	var found []string
	for name := range testprog.Values(output) {
		if name != "directories" {
			found = append(found, name)
		}
	}
	return found
}
