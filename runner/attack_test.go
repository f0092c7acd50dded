package runner_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/runner"
)

// victim is set in the environment of a judge that is there to be killed.
const victim = "BAILIFF_TEST_VICTIM"

// tenacious are programs that don't end by themselves.
var tenacious = []string{
	"wall_hang sleep", "wall_hang stop", "wall_hang ignore", "wall_hang closed", "cpu_loop user", "cpu_threads 4 0",
	"process_bomb fork", "process_starve 8",
}

// A judge that is killed takes its runs with it within a second, and the next
// one removes its cgroups.
func TestKilledJudge(t *testing.T) {
	if os.Getenv(victim) != "" {
		beKilled(t)
	}
	// We reap the programs: a namespace ends only when all of it are reaped,
	// and how soon the machine's own init does so is its own affair.
	leakcheck.Check(t, leakcheck.Orphans())
	self, err := os.Executable()
	require.NoError(t, err)
	judge := exec.Command(self, "-test.run=^TestKilledJudge$")
	judge.Env = append(os.Environ(), victim+"=1")
	judge.Stderr = os.Stderr
	require.NoError(t, judge.Start())
	require.Eventually(t, func() bool {
		return len(descendants(judge.Process.Pid)) >= 4*len(tenacious) // a pid 1 and a program each
	}, time.Minute, 10*time.Millisecond)
	left := map[int]*os.File{} // by pid, a pidfd each
	for _, pid := range descendants(judge.Process.Pid) {
		if fd, err := unix.PidfdOpen(pid, 0); err == nil {
			left[pid] = os.NewFile(uintptr(fd), "pidfd")
			defer left[pid].Close()
		}
	}
	require.NoError(t, judge.Process.Kill())
	for killed := time.Now(); len(left) > 0 && time.Since(killed) < time.Second; time.Sleep(time.Millisecond) {
		for _, pid := range descendants(os.Getpid()) {
			if pid != judge.Process.Pid {
				_, _ = unix.Wait4(pid, nil, unix.WNOHANG, nil)
			}
		}
		maps.DeleteFunc(left, func(_ int, pidfd *os.File) bool {
			return unix.PidfdSendSignal(int(pidfd.Fd()), 0, nil, 0) == unix.ESRCH
		})
	}
	assert.Empty(t, slices.Collect(maps.Keys(left)), "outlive their judge")
	_ = judge.Wait()

	s, err := runner.New(runner.Options{})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	assert.Empty(t, cgroupsOf(judge.Process.Pid))
}

// beKilled runs programs until it is killed.
func beKilled(t *testing.T) {
	s, err := runner.New(runner.Options{BestEffort: true})
	require.NoError(t, err)
	for range 2 { // so that a slot stands idle, where there are slots
		run(t, s, spec(t, "tiny"))
	}
	for i := range 2 * len(tenacious) {
		sp := spec(t, tenacious[i%len(tenacious)])
		sp.Limits = runner.Limits{CPU: time.Hour, Wall: time.Hour, Processes: 16}
		go func() {
			result, err := s.Run(context.Background(), sp)
			panic(fmt.Sprint("a run has ended: ", result, err))
		}()
	}
	select {}
}

// descendants are all processes below one.
func descendants(pid int) (pids []int) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, task := range tasks {
		children, _ := os.ReadFile(task)
		for _, word := range strings.Fields(string(children)) {
			if child, err := strconv.Atoi(word); err == nil {
				pids = append(append(pids, child), descendants(child)...)
			}
		}
	}
	return pids
}

// cgroupsOf are the directories of a judge.
func cgroupsOf(pid int) (dirs []string) {
	_ = filepath.WalkDir("/sys/fs/cgroup", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && strings.HasPrefix(entry.Name(), fmt.Sprintf("bailiff.%d.", pid)) {
			dirs = append(dirs, path)
		}
		return nil
	})
	return dirs
}

// gate is a writer that waits, at its first Write, until it is opened.
type gate struct{ open chan struct{} }

func (g gate) Write(data []byte) (int, error) {
	<-g.open
	return len(data), nil
}

// What is found in a pipe after its program has ended counts like the rest.
func TestOutputBeyondTheLimitFoundLate(t *testing.T) {
	s := open(t)
	sp := spec(t, "print 300 1")
	sp.Limits.Output = 250
	late := gate{make(chan struct{})}
	sp.Stdout, sp.Stderr = late, late
	time.AfterFunc(100*time.Millisecond, func() { close(late.open) })
	result, err := s.Run(context.Background(), sp)
	require.NoError(t, err)
	assert.Equal(t, runner.OutputLimit, result.Status, "%+v", result)
}

// A run that is cancelled is never taken for one that hit a limit.
func TestCancel(t *testing.T) {
	mine := errors.New("the contest is over")
	for _, test := range []struct {
		command string
		cause   error
	}{
		{"sleep 600000", nil}, {"cpu_loop user", nil}, {"cpu_loop user", mine}, {"wall_hang stop", mine}, {"output_flood both", nil},
	} {
		s := open(t)
		sp := spec(t, test.command)
		sp.Limits = runner.Limits{CPU: time.Hour, Wall: time.Hour, Output: runner.Unlimited}
		ctx, cancel := context.WithCancelCause(context.Background())
		time.AfterFunc(50*time.Millisecond, func() { cancel(test.cause) })
		result, err := s.Run(ctx, sp)
		assert.ErrorIs(t, err, context.Canceled, test.command)
		if test.cause != nil {
			assert.ErrorIs(t, err, test.cause, test.command)
		}
		if assert.NotNil(t, result, test.command) {
			assert.Equal(t, runner.InternalError, result.Status, test.command)
			assert.Equal(t, err.Error(), result.Error)
			assert.Nil(t, result.Limit, test.command)
			assert.Positive(t, result.Wall, test.command)
		}

		result, err = s.Run(ctx, sp)
		assert.ErrorIs(t, err, context.Canceled, "before the start")
		assert.Nil(t, result)
		result, _ = run(t, s, spec(t, "tiny"))
		assert.Equal(t, runner.OK, result.Status, "after %s: %+v", test.command, result)
	}
	s := open(t)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_, err := s.Run(ctx, spec(t, "sleep 600000"))
	assert.ErrorIs(t, err, context.DeadlineExceeded)
}

// A context that ends at any moment of a run ends it, or comes too late.
func TestCancelAtAnyMoment(t *testing.T) {
	s := open(t)
	sp := spec(t, "print 100000")
	for delay := time.Duration(0); delay < 6*time.Millisecond; delay += 50 * time.Microsecond {
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(delay, cancel)
		result, err := s.Run(ctx, sp)
		if err == nil {
			assert.Equal(t, runner.OK, result.Status, "%+v", result)
		} else {
			assert.ErrorIs(t, err, context.Canceled)
		}
	}
}

// A reader is the caller's own again when Run has returned, and a Read that
// still waits is ended by closing the file.
func TestStdinIsGivenBack(t *testing.T) {
	s := open(t)
	reader := &busy{}
	sp := spec(t, "tiny")
	for sp.Stdin = reader; reader.calls.Load() < 100; {
		run(t, s, sp)
		assert.False(t, reader.inside.Load(), "somebody reads after the run")
	}
	r, w, err := os.Pipe()
	require.NoError(t, err)
	sp.Stdin = r
	run(t, s, sp)
	require.NoError(t, r.Close())
	_, err = w.Write([]byte("too late"))
	assert.ErrorIs(t, err, unix.EPIPE, "the file is still open")
	require.NoError(t, w.Close())
}

// busy is a reader that knows whether it is being read.
type busy struct {
	inside atomic.Bool
	calls  atomic.Int64
}

func (b *busy) Read(data []byte) (int, error) {
	b.inside.Store(true)
	defer b.inside.Store(false)
	b.calls.Add(1)
	time.Sleep(time.Millisecond)
	return len(data), nil
}

// listWriter can't be compared.
type listWriter []*strings.Builder

func (l listWriter) Write(data []byte) (int, error) { return l[0].Write(data) }

func TestWritersThatCannotBeCompared(t *testing.T) {
	s := open(t)
	var out, err strings.Builder
	sp := spec(t, "print 1000 100 both")
	sp.Stdout, sp.Stderr = listWriter{&out}, listWriter{&err}
	result, _ := run(t, s, sp)
	assert.Equal(t, runner.OK, result.Status)
	assert.Len(t, out.String()+err.String(), 1000)
}

// What can't be run is an error that names it, and leaves nothing.
func TestBadInput(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o755))
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
	for name, content := range map[string]string{"script": "#!/no/such\n", "empty": "", "elf": "\x7fELF and no more"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o755))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "data"), []byte("#!/bin/sh\n"), 0o644))
	root := runner.SystemRoot().Bind(dir, "/bad", 0)
	closed, err := os.Open(os.DevNull)
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	program := []string{testprog.Build(t, "tiny")}
	tiny := spec(t, "tiny")
	for name, test := range map[string]struct {
		spec runner.Spec
		is   error // what it matches, if anything
		says []string
	}{
		"no program":          {runner.Spec{}, unix.EINVAL, []string{"Args"}},
		"NUL in Args":         {runner.Spec{Args: []string{"a\x00b"}}, unix.EINVAL, []string{`"a\x00b"`}},
		"NUL in Env":          {runner.Spec{Args: program, Env: []string{"a\x00b"}}, unix.EINVAL, []string{`"a\x00b"`}},
		"missing":             {runner.Spec{Args: []string{"/bad/missing"}, Root: root}, fs.ErrNotExist, []string{"/bad/missing", "no such program"}},
		"directory":           {runner.Spec{Args: []string{"/bad"}, Root: root}, fs.ErrPermission, []string{"/bad", "not an executable"}},
		"device":              {runner.Spec{Args: []string{"/dev/null"}}, fs.ErrPermission, []string{"/dev/null"}},
		"missing interpreter": {runner.Spec{Args: []string{"/bad/script"}, Root: root}, fs.ErrNotExist, []string{"/bad/script", "interpreter"}},
		"empty":               {runner.Spec{Args: []string{"/bad/empty"}, Root: root}, unix.ENOEXEC, []string{"/bad/empty"}},
		"half an ELF":         {runner.Spec{Args: []string{"/bad/elf"}, Root: root}, unix.ENOEXEC, []string{"/bad/elf"}},
		"not executable":      {runner.Spec{Args: []string{"/bad/data"}, Root: root}, fs.ErrPermission, []string{"/bad/data"}},
		"Dir missing":         {runner.Spec{Args: tiny.Args, Root: tiny.Root, Dir: "/no/dir"}, fs.ErrNotExist, []string{"/no/dir", "no such directory"}},
		"Dir is a file":       {runner.Spec{Args: tiny.Args, Root: tiny.Root, Dir: "/etc/passwd"}, unix.ENOTDIR, []string{"/etc/passwd"}},
		"huge argument":       {runner.Spec{Args: append(tiny.Args, strings.Repeat("x", 200_000)), Root: tiny.Root}, unix.E2BIG, []string{"too long"}},
		"huge environment":    {runner.Spec{Args: tiny.Args, Root: tiny.Root, Env: slices.Repeat([]string{strings.Repeat("x", 100_000)}, 100)}, unix.E2BIG, []string{"too long"}},
		"nil stdin":           {runner.Spec{Args: tiny.Args, Root: tiny.Root, Stdin: (*os.File)(nil)}, os.ErrInvalid, []string{"stdin"}},
		"closed stdin":        {runner.Spec{Args: tiny.Args, Root: tiny.Root, Stdin: closed}, os.ErrClosed, []string{"stdin", os.DevNull}},
		"closed extra file":   {runner.Spec{Args: tiny.Args, Root: tiny.Root, ExtraFiles: []*os.File{closed}}, os.ErrClosed, []string{"fd[3]", os.DevNull}},
		"no limits at all": {runner.Spec{Args: tiny.Args, Limits: runner.Limits{CPU: 1, Wall: 1, Memory: 1, Output: -2, Stack: 1, FileSize: -5, OpenFiles: 1, Processes: -3}},
			nil, []string{"cpu", "wall", "memory", "output", "stack", "file size", "open files", "processes", "Unlimited"}},
		"too many files": {runner.Spec{Args: tiny.Args, Root: tiny.Root, Limits: runner.Limits{OpenFiles: 1<<63 - 1}}, unix.EPERM, []string{"nofile", "nr_open"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			result, err := s.Run(context.Background(), test.spec)
			require.Error(t, err)
			assert.Nil(t, result)
			if test.is != nil {
				assert.ErrorIs(t, err, test.is)
			}
			for _, text := range test.says {
				assert.ErrorContains(t, err, text)
			}
			result, _ = run(t, s, tiny)
			assert.Equal(t, runner.OK, result.Status, "the next run: %+v", result)
		})
	}
}

// The largest limits there are mean what they say.
func TestLargestLimits(t *testing.T) {
	s := open(t)
	sp := spec(t, "tiny")
	const most = 1<<63 - 1
	sp.Limits = runner.Limits{CPU: most, Wall: most, Memory: most, Output: most, FileSize: most}
	result, _ := run(t, s, sp)
	assert.Equal(t, runner.OK, result.Status, "%+v", result)
	sp.Limits = runner.Limits{
		CPU: runner.Unlimited, Wall: runner.Unlimited, Memory: runner.Unlimited, Output: runner.Unlimited, Stack: runner.Unlimited,
		FileSize: runner.Unlimited, OpenFiles: runner.Unlimited, Processes: runner.Unlimited,
	}
	result, _ = run(t, s, sp)
	assert.Equal(t, runner.OK, result.Status, "%+v", result)
}
