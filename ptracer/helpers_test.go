package ptracer_test

import (
	"bytes"
	"io"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/ptracer"
	"github.com/bailiff-judge/bailiff/seccomp"
)

// program is what a test starts.
type program struct {
	name  string // of testdata/programs
	path  string // instead
	args  []string
	ask   []string        // calls that the filter asks about
	fatal []string        // calls that it has the run ended for
	all   *seccomp.Filter // instead of these
	dir   string
	// capable keeps the caller's capabilities.
	capable bool
}

// filter allows all calls but those of the program's lists, and what would get
// a program out of a tracer's sight.
func (p *program) filter(t testing.TB) *seccomp.Filter {
	t.Helper()
	if p.all != nil {
		return p.all
	}
	rules := seccomp.Rules{Default: seccomp.Allow, Foreign: ptracer.Fatal}
	rules.Rules = append(rules.Rules, seccomp.Rule{Syscalls: []string{"clone3", "io_uring_setup"}, Action: seccomp.Errno(unix.ENOSYS)})
	if len(p.ask) > 0 {
		rules.Rules = append(rules.Rules, seccomp.Rule{Syscalls: p.ask, Action: ptracer.Ask})
	}
	if len(p.fatal) > 0 {
		rules.Rules = append(rules.Rules, seccomp.Rule{Syscalls: p.fatal, Action: ptracer.Fatal})
	}
	filter, err := seccomp.Compile(rules)
	require.NoError(t, err)
	return filter
}

// prepare makes the program ready for starts with descriptors 0 to 2.
func (p *program) prepare(t testing.TB) *forkexec.Runner {
	t.Helper()
	filter := p.filter(t)
	path := p.path
	if path == "" {
		path = testprog.Build(t, p.name)
	}
	runner, err := forkexec.Prepare(forkexec.Config{
		Path: path, Args: append([]string{p.name}, p.args...), Env: []string{"PATH=/usr/bin:/bin"}, Dir: p.dir, Files: 3, Sync: true,
		Seccomp: filter.Instructions(), SeccompFlags: filter.Flags(), NewSession: true, KeepCapabilities: p.capable,
	})
	require.NoError(t, err)
	return runner
}

// outcome is what came of a run.
type outcome struct {
	ptracer.Result
	output string
	err    error
}

// run runs a program to its end, which must come within a minute.
func run(t testing.TB, p program, o ptracer.Options) outcome {
	t.Helper()
	tracer := ptracer.New()
	defer tracer.Close()
	return runBy(t, tracer, p.prepare(t), o)
}

// start starts a program whose output nobody wants.
func start(t testing.TB, tracer *ptracer.Tracer, p program, o ptracer.Options) *ptracer.Run {
	t.Helper()
	runner := p.prepare(t)
	traced, err := tracer.Start(func(sync func(int) error) (*forkexec.Process, error) {
		return runner.Start(forkexec.Inputs{Sync: sync})
	}, o)
	require.NoError(t, err)
	return traced
}

func runBy(t testing.TB, tracer *ptracer.Tracer, runner *forkexec.Runner, o ptracer.Options) outcome {
	t.Helper()
	read, write, err := os.Pipe()
	require.NoError(t, err)
	defer read.Close()
	traced, err := tracer.Start(func(sync func(int) error) (*forkexec.Process, error) {
		return runner.Start(forkexec.Inputs{Files: []*os.File{nil, write, write}, Sync: sync})
	}, o)
	write.Close()
	if !assert.NoError(t, err) {
		return outcome{err: err}
	}
	deadline := time.AfterFunc(time.Minute, func() {
		t.Error("killed after a minute")
		_ = traced.Process.Kill()
	})
	defer deadline.Stop()
	var output bytes.Buffer
	_, err = io.Copy(&output, read)
	require.NoError(t, err)
	result, err := traced.Wait()
	return outcome{result, output.String(), err}
}

// exited asserts that a program ended by itself.
func (o *outcome) exited(t testing.TB, code int) {
	t.Helper()
	require.NoError(t, o.err)
	assert.Nil(t, o.Violation)
	assert.True(t, o.State.Status.Exited(), "%#x %s", o.State.Status, o.output)
	assert.Equal(t, code, o.State.Status.ExitStatus(), o.output)
}
