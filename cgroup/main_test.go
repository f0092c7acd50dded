package cgroup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// The test binary is also the programs that the tests put into groups.
const helperEnv = "CGROUP_TEST_HELPER"

func TestMain(m *testing.M) {
	if role := os.Getenv(helperEnv); role != "" {
		if err := helpers[role](os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

var helpers = map[string]func(args []string) error{
	"hog":     hog,
	"spin":    spin,
	"daemons": daemons,
	"bomb":    bomb,
	"judge":   judge,
	"place":   choosePlace,
	"run":     oneRun,
}

// hog touches the given number of bytes, tells so, and waits for the end of its input.
func hog(args []string) error {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	mem, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return err
	}
	for i := 0; i < len(mem); i += 4096 {
		mem[i] = 1
	}
	fmt.Println("touched")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// spin burns the given CPU time.
func spin(args []string) error {
	want, err := time.ParseDuration(args[0])
	if err != nil {
		return err
	}
	for {
		var ru syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &ru); err != nil {
			return err
		}
		if time.Duration(ru.Utime.Nano()+ru.Stime.Nano()) >= want {
			return nil
		}
	}
}

// daemons starts sleepers in sessions of their own, whose parent ends.
func daemons(args []string) error {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	for range n {
		cmd := exec.Command("/bin/sleep", "100")
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if err := cmd.Start(); err != nil {
			return err
		}
	}
	return nil
}

// bomb forks without end: as soon as one of its processes dies, another takes the place.
func bomb([]string) error {
	signal.Ignore(syscall.SIGCHLD) // no zombies
	for {
		// The child has one thread of the Go runtime, and must do with raw system calls.
		_, _, errno := syscall.RawSyscall6(syscall.SYS_CLONE, uintptr(syscall.SIGCHLD), 0, 0, 0, 0, 0)
		if errno != 0 {
			nap := syscall.Timespec{Nsec: 100_000}
			syscall.RawSyscall(syscall.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&nap)), 0, 0)
		}
	}
}

// worlds are the machines that this one can stand for, by leaving out what it has.
var worlds = []struct {
	name string
	keep func(h *hierarchy) bool
}{
	{"all", func(*hierarchy) bool { return true }},
	{"v1 alone", func(h *hierarchy) bool { return h.version == 1 }},
	{"v1 without freezer", func(h *hierarchy) bool { return h.version == 1 && !slices.Contains(h.controllers, "freezer") }},
	{"v2 alone", func(h *hierarchy) bool { return h.version == 2 }},
}

// eachWorld runs a test with a Manager in each world that has the features, and
// skips the others.
func eachWorld(t *testing.T, o Options, test func(t *testing.T, m *Manager), needed ...Feature) {
	for _, w := range worlds {
		t.Run(w.name, func(t *testing.T) {
			m := openWorld(t, w.keep, o)
			need(t, m, needed...)
			test(t, m)
		})
	}
}

// asNobody calls f without root's rights on files.
func asNobody(t *testing.T, f func()) {
	if os.Geteuid() == 0 {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		require.NoError(t, unix.Setfsuid(65534))
		defer unix.Setfsuid(0)
	}
	f()
}

// openHere returns a Manager of this machine as it is.
func openHere(t testing.TB, o Options) *Manager { return openWorld(t, worlds[0].keep, o) }

func openWorld(t testing.TB, keep func(*hierarchy) bool, o Options) *Manager {
	found, err := find()
	require.NoError(t, err)
	found = slices.DeleteFunc(found, func(h *hierarchy) bool { return !keep(h) })
	m, err := open(found, o)
	skipUnavailable(t, err)
	require.NoError(t, err)
	dirs := managerDirs(m)
	t.Cleanup(func() {
		require.NoError(t, m.Close())
		for _, d := range dirs {
			require.NoDirExists(t, d)
		}
	})
	return m
}

// skipUnavailable skips for the reason that the probe gives.
func skipUnavailable(t testing.TB, err error) {
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
}

// need skips if a feature isn't here.
func need(t testing.TB, m *Manager, features ...Feature) {
	for _, f := range features {
		_, err := m.By(f)
		skipUnavailable(t, err)
	}
}

func newGroup(t testing.TB, m *Manager) *Group {
	g, err := m.New()
	require.NoError(t, err)
	dirs := groupDirs(g)
	t.Cleanup(func() {
		require.NoError(t, g.Close())
		for _, d := range dirs {
			require.NoDirExists(t, d)
		}
	})
	return g
}

func managerDirs(m *Manager) (dirs []string) {
	for _, b := range m.used {
		dirs = append(dirs, b.dir)
	}
	return dirs
}

func groupDirs(g *Group) (dirs []string) {
	for _, p := range g.parts {
		dirs = append(dirs, p.path())
	}
	return dirs
}

// helper returns a command that is this binary in a role.
func helper(role string, args ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", args...)
	if exe, err := os.Executable(); err == nil {
		cmd.Path = exe
	}
	cmd.Env = append(os.Environ(), helperEnv+"="+role)
	return cmd
}

// inGroup wraps a command so that it joins the group as a judge's child does: by
// descriptors, from a process of one thread, before exec.
func inGroup(g *Group, cmd *exec.Cmd) *exec.Cmd {
	fd, cloned := g.CgroupFD()
	script := ""
	for _, fd := range g.JoinFDs(nil, cloned) {
		cmd.ExtraFiles = append(cmd.ExtraFiles, dup(fd))
		script += fmt.Sprintf("echo 0 >&%d && exec %[1]d>&- && ", len(cmd.ExtraFiles)+2)
	}
	cmd.Args = append([]string{"sh", "-c", script + `exec "$0" "$@"`, cmd.Path}, cmd.Args[1:]...)
	cmd.Path = "/bin/sh"
	cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: cloned, CgroupFD: fd}
	return cmd
}

func dup(fd int) *os.File {
	fd, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		panic(err)
	}
	return os.NewFile(uintptr(fd), "join")
}

// start starts a command in the group; it is killed and waited for at the end.
func start(t testing.TB, g *Group, cmd *exec.Cmd) *exec.Cmd {
	cmd = inGroup(g, cmd)
	require.NoError(t, cmd.Start())
	closeExtra(cmd)
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	return cmd
}

// run runs a command in the group to its end.
func run(g *Group, cmd *exec.Cmd) error {
	cmd = inGroup(g, cmd)
	defer closeExtra(cmd)
	return cmd.Run()
}

func closeExtra(cmd *exec.Cmd) {
	for _, f := range cmd.ExtraFiles {
		f.Close()
	}
}

func sh(script string) *exec.Cmd { return exec.Command("/bin/sh", "-c", script) }

// waitProcs waits until a group has at least n processes.
func waitProcs(t testing.TB, g *Group, n int) (pids []int) {
	require.Eventually(t, func() bool {
		var err error
		pids, err = g.Procs()
		require.NoError(t, err)
		return len(pids) >= n
	}, 20*time.Second, time.Millisecond)
	return pids
}

// requireDead checks that no process with a pid is alive. A zombie is dead.
func requireDead(t testing.TB, pids []int) {
	for _, pid := range pids {
		data, err := os.ReadFile(path.Join("/proc", strconv.Itoa(pid), "stat"))
		if err != nil {
			continue
		}
		state := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))[0]
		require.Contains(t, []string{"Z", "X"}, state, "process %d lives", pid)
	}
}

func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func stats(t testing.TB, g *Group) Stats {
	s, err := g.Stats()
	require.NoError(t, err)
	return s
}
