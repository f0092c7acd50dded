package ptracer_test

import (
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/ptracer"
	"github.com/bailiff-judge/bailiff/supervisor"
)

// What makes many processes and threads does the same as without a tracer.
func TestTasks(t *testing.T) {
	for _, test := range []struct {
		args  string
		tasks int // at least
		done  string
	}{
		{"tree 200", 200, "200"},
		{"threads 64", 65, "64"},
		{"short 2000", 2001, "2000"},
		{"spawn 50", 51, "50"},
		{"vfork 50", 51, "50"},
		{"leader 8", 10, "8"},
		{"exec 4", 6, "1"},
	} {
		for name, options := range map[string]ptracer.Options{"signals": {}, "calls": {Handler: forbid("/nowhere")}} {
			t.Run(test.args+" "+name, func(t *testing.T) {
				leakcheck.Check(t)
				p := program{name: "trace_tasks", args: strings.Fields(test.args)}
				if options.Handler != nil {
					p.ask = pathCalls
				}
				got := run(t, p, options)
				got.exited(t, 0)
				assert.Equal(t, test.done, testprog.Values(got.output)["done"])
				assert.GreaterOrEqual(t, got.Tasks, test.tasks)
			})
		}
	}
}

func TestHostile(t *testing.T) {
	for args, want := range map[string]string{
		"traceme 1":     "traceme=EPERM\n",
		"seize 1":       "seize=EPERM\n",
		"storm 8":       "survived=8\n",
		"self 50":       "survived=50\n",
		"exec 4":        "",
		"die 8":         "",
		"murder 20":     "",
		"block 50":      "",
		"signals 500":   "caught=500\n",
		"personality 5": "",
		"garbage 500":   "refused=500\n",
	} {
		for _, every := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s every=%t", args, every), func(t *testing.T) {
				leakcheck.Check(t)
				got := run(t, program{name: "trace_hostile", args: strings.Fields(args), ask: pathCalls},
					ptracer.Options{Handler: forbid("/nowhere"), Every: every})
				got.exited(t, 0)
				assert.Equal(t, want, got.output)
			})
		}
	}
}

// A run can be ended at any time, whatever it does.
func TestKill(t *testing.T) {
	for _, args := range []string{"spin 1", "spin 8", "storm 64", "exec 100", "die 10000", "murder 10000", "garbage 10000000", "signals 10000000"} {
		t.Run(args, func(t *testing.T) {
			leakcheck.Check(t)
			tracer := ptracer.New()
			defer tracer.Close()
			traced := start(t, tracer, program{name: "trace_hostile", args: strings.Fields(args), ask: pathCalls}, ptracer.Options{Handler: forbid("/nowhere")})
			time.Sleep(100 * time.Millisecond)
			_ = traced.Process.Kill()
			begin := time.Now()
			result, err := traced.Wait()
			require.NoError(t, err)
			assert.Less(t, time.Since(begin), 10*time.Second)
			if !result.State.Status.Exited() { // some are quick
				assert.Equal(t, unix.SIGKILL, result.State.Status.Signal())
			}
			assert.ErrorIs(t, unix.Kill(traced.Process.PID, 0), unix.ESRCH)
		})
	}
}

// Sixteen runs at once, and children of the importer's own beside them.
func TestManyRunsBesideOtherChildren(t *testing.T) {
	leakcheck.Check(t, leakcheck.Threads(100))
	stop := make(chan struct{})
	var others, runs sync.WaitGroup
	for range 2 {
		others.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					err := exec.Command(testprog.Build(t, "exit"), "3").Run()
					failed, is := err.(*exec.ExitError)
					if !assert.True(t, is, "%v", err) || !assert.Equal(t, 3, failed.ExitCode()) {
						return
					}
				}
			}
		})
	}
	runner := (&program{name: "trace_tasks", args: []string{"spawn", "5"}, ask: pathCalls}).prepare(t)
	for range 16 {
		runs.Go(func() {
			tracer := ptracer.New()
			defer tracer.Close()
			for range 3 {
				got := runBy(t, tracer, runner, ptracer.Options{Handler: forbid("/nowhere")})
				assert.NoError(t, got.err)
				assert.Equal(t, "done=5\n", got.output)
			}
		})
	}
	runs.Wait()
	close(stop)
	others.Wait()
}

// A Handler that reads memory has all others stopped, also for calls that wait
// for them.
func TestHandlersThatReadMemory(t *testing.T) {
	reads := supervisor.HandlerFunc(func(c *supervisor.Call) supervisor.Answer {
		var data [8]byte
		_, err := c.Memory.Read(c.Data.Args[1], data[:])
		if err != nil {
			assert.ErrorIs(t, err, unix.EFAULT)
		}
		return supervisor.Answer{}
	})
	for args, want := range map[string]string{"tree 20": "20", "spawn 10": "10", "vfork 10": "10", "threads 8": "8", "leader 3": "3"} {
		t.Run(args, func(t *testing.T) {
			leakcheck.Check(t)
			p := program{name: "trace_tasks", args: strings.Fields(args), ask: []string{"read", "vfork", "clone", "wait4", "futex", "clock_nanosleep"}}
			got := run(t, p, ptracer.Options{Handler: reads})
			got.exited(t, 0)
			assert.Equal(t, want, testprog.Values(got.output)["done"])
		})
	}
}

// A thread that is killed while it executes a program takes the id with it that
// it had: nobody waits for that.
func TestKilledWhileExecuting(t *testing.T) {
	leakcheck.Check(t)
	got := run(t, program{name: "trace_killed", args: []string{"400"}, ask: pathCalls}, ptracer.Options{Handler: forbid("/nowhere")})
	got.exited(t, 0)
}
