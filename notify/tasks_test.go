package notify_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/notify"
)

// notEverywhere forbids something, so that nothing may be taken for granted.
// What is executed must not be open to writing: an ordinary user's programs are
// his own.
const notEverywhere = `
default: allow
files:
  allow: [{access: [read, execute], paths: ["/**"]}]
  deny: [{access: [stat], paths: ["/nowhere/**"]}]`

// What makes many processes and threads does the same as without a supervisor.
func TestTasks(t *testing.T) {
	for _, test := range []struct{ args, done, policy string }{
		{"tree 200", "200", notEverywhere},
		{"threads 64", "64", notEverywhere},
		{"short 2000", "2000", notEverywhere},
		{"spawn 50", "50", notEverywhere},
		{"spawn 50", "50", allowAll},
		{"vfork 50", "50", allowAll},
		{"leader 8", "8", notEverywhere},
		{"exec 4", "1", allowAll},
	} {
		t.Run(test.args, func(t *testing.T) {
			leakcheck.Check(t)
			got := run(t, program{name: "trace_tasks", args: strings.Fields(test.args), policy: test.policy})
			require.NoError(t, got.err)
			assert.Zero(t, got.status, got.output)
			assert.Equal(t, test.done, testprog.Values(got.output)["done"], got.output)
		})
	}
}

func TestHostile(t *testing.T) {
	for args, want := range map[string]string{
		"storm 16":      "survived=16\n",
		"self 200":      "survived=200\n",
		"die 20":        "",
		"murder 50":     "",
		"block 50":      "",
		"signals 500":   "caught=500\n",
		"personality 5": "",
		"garbage 500":   "refused=500\n",
		"exec 8":        "",
	} {
		t.Run(args, func(t *testing.T) {
			leakcheck.Check(t)
			got := run(t, program{name: "trace_hostile", args: strings.Fields(args), policy: notEverywhere})
			require.NoError(t, got.err)
			assert.Zero(t, got.status, got.output)
			assert.Equal(t, want, got.output)
		})
	}
}

// A run can be ended at any time, whatever it does. Its processes are those of
// a pid namespace, and die with the first.
func TestKill(t *testing.T) {
	for _, args := range []string{"spin 1", "spin 64", "storm 64", "exec 100", "die 10000", "murder 10000", "garbage 10000000", "signals 10000000"} {
		t.Run(args, func(t *testing.T) {
			leakcheck.Check(t)
			p := prepare(t, program{name: "trace_hostile", args: strings.Fields(args), policy: allowAll, config: inPIDNamespace})
			process, err := p.Start(forkexec.Inputs{Files: make([]*os.File, 3)})
			require.NoError(t, err)
			listener, err := notify.New(process.Listener)
			require.NoError(t, err)
			defer listener.Close()
			time.AfterFunc(200*time.Millisecond, func() { _ = process.Kill() })
			begin := time.Now()
			waited, ready := make(chan error), make(chan struct{})
			go func() {
				<-ready
				_, err := process.Wait() // it has the filter until then
				waited <- err
			}()
			violation, err := listener.Serve(context.Background(), notify.Options{Handler: p.handler, Process: process.PID,
				Ready: func() { close(ready) }})
			assert.NoError(t, err)
			assert.Nil(t, violation)
			require.NoError(t, <-waited)
			assert.Less(t, time.Since(begin), 20*time.Second)
		})
	}
}

// inPIDNamespace makes the program the first of a pid namespace of its own.
func inPIDNamespace(c *forkexec.Config) {
	c.Namespaces |= forkexec.PID
	if os.Geteuid() != 0 {
		c.Namespaces |= forkexec.User
		c.UIDMap = []forkexec.IDMap{{Inside: uint32(os.Geteuid()), Outside: uint32(os.Geteuid()), Count: 1}}
		c.GIDMap = []forkexec.IDMap{{Inside: uint32(os.Getegid()), Outside: uint32(os.Getegid()), Count: 1}}
	}
}

// Serve ends with its context, and leaves the run to be killed.
func TestContextEnds(t *testing.T) {
	leakcheck.Check(t)
	p := prepare(t, program{name: "sleep", args: []string{"60000"}, policy: allowAll})
	process, err := p.Start(forkexec.Inputs{Files: make([]*os.File, 3)})
	require.NoError(t, err)
	listener, err := notify.New(process.Listener)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	violation, err := listener.Serve(ctx, notify.Options{Handler: p.handler, Process: process.PID})
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Nil(t, violation)
	assert.NoError(t, process.Kill())
	_, err = process.Wait()
	assert.NoError(t, err)
	assert.NoError(t, listener.Close())
	assert.NoError(t, listener.Close())
	_, err = listener.Serve(context.Background(), notify.Options{})
	assert.ErrorIs(t, err, os.ErrClosed)
}

// Sixteen runs at once, and children of the importer's own beside them.
func TestManyRunsBesideOtherChildren(t *testing.T) {
	leakcheck.Check(t, leakcheck.Threads(200))
	stop := make(chan struct{})
	var others, runs sync.WaitGroup
	exit := testprog.Build(t, "exit")
	for range 2 {
		others.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					err := exec.Command(exit, "3").Run()
					failed, is := err.(*exec.ExitError)
					if !assert.True(t, is, "%v", err) || !assert.Equal(t, 3, failed.ExitCode()) {
						return
					}
				}
			}
		})
	}
	p := prepare(t, program{name: "trace_tasks", args: []string{"spawn", "5"}, policy: notEverywhere})
	for range 16 {
		runs.Go(func() {
			for range 3 {
				got, err := attempt(p, notify.Options{})
				assert.NoError(t, err)
				assert.NoError(t, got.err)
				assert.Equal(t, "done=5\n", got.output)
			}
		})
	}
	runs.Wait()
	close(stop)
	others.Wait()
}

// A thread that gets a signal while it waits loses nothing: what is done for it
// is done once.
func TestSignalsLoseNothing(t *testing.T) {
	if notify.FilterFlags() == 0 {
		t.Skip("needs SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, Linux 5.19")
	}
	leakcheck.Check(t)
	got := run(t, program{name: "notify_signals", args: []string{"2000"}, policy: allowAll, dir: workDir(t)})
	require.NoError(t, got.err)
	assert.Zero(t, got.status, got.output)
	assert.Equal(t, "made=2000\n", got.output)
	assert.Equal(t, unix.Signal(-1), got.status.Signal())
}

// An ordinary judge's programs are its own user: one that shuts a pipe, while
// the supervisor waits there for it, does not make it wait for ever.
func TestPipeThatIsShut(t *testing.T) {
	leakcheck.Check(t)
	got := run(t, program{name: "fifo_shut", policy: allowAll, dir: workDir(t)})
	require.NoError(t, got.err)
	assert.Zero(t, got.status, got.output)
}
