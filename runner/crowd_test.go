package runner_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/runner"
)

// Sixteen at once, each with an input and a verdict of its own.
func TestSixteenAtOnce(t *testing.T) {
	s := open(t)
	kinds := []struct {
		spec   runner.Spec
		status runner.Status
	}{
		{spec(t, "cat"), runner.OK},
		{spec(t, "exit 3"), runner.RuntimeError},
		{spec(t, "cpu_loop user"), runner.TimeLimit},
		{spec(t, "memory_grow mmap 0"), runner.MemoryLimit},
		{spec(t, fmt.Sprintf("syscall %d 0 0 0 0", unix.SYS_PTRACE)), runner.ForbiddenAccess},
		{spec(t, "output_flood stdout"), runner.OutputLimit},
		{spec(t, "wall_hang sleep"), runner.WallLimit},
		{spec(t, "process_daemon hold"), runner.OK},
	}
	var crowd sync.WaitGroup
	for i := range 16 {
		crowd.Go(func() {
			for j := range 4 {
				kind := kinds[(i+j)%len(kinds)]
				sp := kind.spec
				input := strings.Repeat(string(rune('a'+i)), 1000)
				var out bytes.Buffer
				sp.Stdin, sp.Stdout = strings.NewReader(input), &out
				sp.Limits = runner.Limits{CPU: 100 * time.Millisecond, Wall: 10 * time.Second, Memory: 64 * mib, Output: 1000, Processes: 8}
				if kind.status == runner.WallLimit {
					sp.Limits.Wall = 200 * time.Millisecond
				}
				result, err := s.Run(context.Background(), sp)
				if !assert.NoError(t, err) {
					return
				}
				assert.Equal(t, kind.status.String(), result.Status.String(), "%v %+v", sp.Args, result)
				if sp.Args[0] == "/program" && len(sp.Args) == 1 {
					assert.Equal(t, input, out.String())
				}
			}
		})
	}
	crowd.Wait()
}

// Close waits for the runs that go on; a run after it is refused.
func TestCloseDuringRuns(t *testing.T) {
	s := open(t)
	sp := spec(t, "sleep 100")
	var crowd sync.WaitGroup
	started := make(chan struct{}, 8)
	for range 8 {
		crowd.Go(func() {
			started <- struct{}{}
			result, err := s.Run(context.Background(), sp)
			if err != nil {
				assert.ErrorContains(t, err, "closed")
				return
			}
			assert.Equal(t, runner.OK, result.Status)
		})
	}
	<-started
	assert.NoError(t, s.Close())
	crowd.Wait()
	_, err := s.Run(context.Background(), sp)
	assert.EqualError(t, err, "runner: the sandbox is closed")
	assert.NoError(t, s.Close(), "twice")
}

// A judge's own open files are no concern of the program's: neither their
// number nor what is in them.
func TestJudgeWithManyFiles(t *testing.T) {
	var limit unix.Rlimit
	require.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	if limit.Cur < 3000 {
		t.Skipf("the limit on open files is %d here", limit.Cur)
	}
	s := open(t)
	var files []*os.File
	defer func() {
		for _, f := range files {
			f.Close()
		}
	}()
	for range 2500 {
		f, err := os.Open("/etc/passwd")
		require.NoError(t, err)
		files = append(files, f)
	}
	sp := spec(t, "whoami")
	sp.Limits.OpenFiles = 8
	result, out := run(t, s, sp)
	assert.Equal(t, runner.OK, result.Status)
	assert.NotContains(t, out, "fd[3]")

	// And a judge that can open no more says so, and goes on when it can.
	tiny := spec(t, "tiny")
	var soft unix.Rlimit
	require.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &soft))
	low := unix.Rlimit{Cur: 2400, Max: soft.Max}
	require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &low))
	_, err := s.Run(context.Background(), tiny)
	require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &soft))
	assert.ErrorIs(t, err, unix.EMFILE)
	result, _ = run(t, s, tiny)
	assert.Equal(t, runner.OK, result.Status)
}
