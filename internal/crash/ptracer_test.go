package crash_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/internal/crash"
	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/ptracer"
	"github.com/bailiff-judge/bailiff/supervisor"
)

// TestUnderTracer holds that a tracer which watches nothing but signals has the
// evidence, of threads and children, too.
func TestUnderTracer(t *testing.T) {
	leakcheck.Check(t)
	tracer := ptracer.New()
	defer tracer.Close()
	for path, want := range map[string]struct {
		text string
		end  unix.Signal // 0 if it exits
	}{
		"crash/null_write.cpp": {"segmentation fault: write to address 0x0 (null pointer) in solve() at null_write.cpp:6", unix.SIGSEGV},
		"crash/in_thread.cpp": {"segmentation fault: write to address 0x10 (null pointer, offset 0x10) in " +
			"Worker::run(std::vector<int, std::allocator<int> > const&) at in_thread.cpp:13", unix.SIGSEGV},
		"crash/in_child.c": {"segmentation fault: write to address 0x8 (null pointer, offset 0x8) in child() at in_child.c:10", 0},
		"crash/bad_free.c": {"aborted: free(): invalid pointer in release() at bad_free.c:9", unix.SIGABRT},
	} {
		t.Run(path, func(t *testing.T) {
			runner, err := forkexec.Prepare(forkexec.Config{
				Path: testprog.Compile(t, path, "-g", "-O1"), Args: []string{"sol"}, Dir: t.TempDir(), Files: 3, Sync: true,
			})
			require.NoError(t, err)
			var found []string
			run, err := tracer.Start(func(sync func(int) error) (*forkexec.Process, error) {
				return runner.Start(forkexec.Inputs{Sync: sync})
			}, ptracer.Options{OnFatalSignal: func(s ptracer.Signal) {
				info := crash.Siginfo(s.Info)
				e, err := crash.Examine(s.TID, &info, supervisor.NewMemory(s.TID))
				if assert.NoError(t, err) {
					found = append(found, e.String())
				}
			}})
			require.NoError(t, err)
			result, err := run.Wait()
			require.NoError(t, err)
			assert.Equal(t, []string{want.text}, found)
			if want.end != 0 {
				assert.True(t, result.State.Status.Signaled())
				assert.Equal(t, want.end, result.State.Status.Signal())
			}
		})
	}
}

// BenchmarkSignalsOnly is what it costs to have the evidence: a whole run alone,
// and under a tracer that stops at nothing but signals, forks and ends.
func BenchmarkSignalsOnly(b *testing.B) {
	tracer := ptracer.New()
	defer tracer.Close()
	for name, args := range map[string][]string{
		"nothing": {"tiny"}, "32 threads": {"spawn", "threads", "32", "0"}, "32 processes": {"spawn", "processes", "32", "0"},
	} {
		runner, err := forkexec.Prepare(forkexec.Config{Path: testprog.Build(b, args[0]), Args: args, Files: 3, Sync: true})
		require.NoError(b, err)
		b.Run(name+"/alone", func(b *testing.B) {
			for b.Loop() {
				process, err := runner.Start(forkexec.Inputs{Sync: func(int) error { return nil }})
				require.NoError(b, err)
				_, err = process.Wait()
				require.NoError(b, err)
			}
		})
		b.Run(name+"/traced", func(b *testing.B) {
			for b.Loop() {
				run, err := tracer.Start(func(sync func(int) error) (*forkexec.Process, error) {
					return runner.Start(forkexec.Inputs{Sync: sync})
				}, ptracer.Options{OnFatalSignal: func(ptracer.Signal) {}})
				require.NoError(b, err)
				_, err = run.Wait()
				require.NoError(b, err)
			}
		})
	}
}
