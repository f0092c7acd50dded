package ptracer_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/ptracer"
	"github.com/bailiff-judge/bailiff/supervisor"
)

// pathCalls are those whose paths the tests' handlers decide about.
var pathCalls = []string{"open", "openat", "openat2", "stat", "newfstatat", "statx", "access", "faccessat", "faccessat2", "readlink",
	"readlinkat", "execve", "execveat", "unlink", "mkdir", "chdir"}

// Nothing that a program does while its call is decided about changes what is
// decided about. Each attack is known to succeed without a tracer.
func TestPathsAreNotRaced(t *testing.T) {
	milliseconds := 1000
	if testing.Short() {
		milliseconds = 200
	}
	for _, kind := range []string{"threads", "shared", "symlink", "rename", "cwd", "cwdtask", "dirfd", "dirtask", "steal", "exec"} {
		t.Run(kind, func(t *testing.T) {
			leakcheck.Check(t)
			duration := milliseconds
			if kind == "threads" {
				duration *= 10 // the one that is found in the wild
			}
			dir, public, secret := twoFiles(t)
			if kind == "exec" {
				copyProgram(t, "tiny", public)
				copyProgram(t, "exit", secret)
			}
			got := run(t, program{name: "race_path", args: []string{kind, public, secret, strconv.Itoa(duration)}, ask: pathCalls, dir: dir},
				ptracer.Options{Handler: forbid(filepath.Dir(secret))})
			got.exited(t, 0)
			values := testprog.Values(got.output)
			t.Log(values, got.Calls)
			assert.Equal(t, "0", values["leaked"])
			assert.NotEqual(t, "0", values["opened"])
		})
	}
}

// twoFiles are a file that may be read and one that may not, and a directory
// from which two others lead to them.
func twoFiles(t *testing.T) (dir, public, secret string) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	for name, text := range map[string]string{"public/data": "PUBLIC", "secret/data": "SECRET", "dir/data": "PUBLIC"} {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	require.NoError(t, os.Symlink("secret", filepath.Join(dir, "other")))
	return dir, filepath.Join(dir, "public/data"), filepath.Join(dir, "secret/data")
}

// forbid refuses to let anything below a directory be read or executed.
func forbid(dir string) supervisor.Handler {
	return supervisor.HandlerFunc(func(c *supervisor.Call) supervisor.Answer {
		for _, f := range c.Files {
			if strings.HasPrefix(f.Path, dir+"/") && f.Access&(policy.Read|policy.Execute) != 0 {
				return supervisor.Answer{Kind: supervisor.Fail, Errno: unix.EACCES, Rule: "forbidden"}
			}
			if errno, failed := f.Err.(unix.Errno); failed {
				return supervisor.Answer{Kind: supervisor.Fail, Errno: errno}
			}
		}
		return supervisor.Answer{}
	})
}

// Who checks a path in memory whose pages another thread provides waits for
// that thread, which is stopped. That is the program's own loss.
func TestUserfaultfdStopsItself(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("an ordinary user's userfaultfd is for faults in user mode only, and reading is none")
	}
	leakcheck.Check(t)
	dir, public, secret := twoFiles(t)
	tracer := ptracer.New()
	defer tracer.Close()
	traced := start(t, tracer, program{name: "race_path", args: []string{"fault", public, secret, "100"}, ask: pathCalls, dir: dir, capable: true},
		ptracer.Options{Handler: forbid(filepath.Dir(secret))})
	time.AfterFunc(500*time.Millisecond, func() { assert.NoError(t, traced.Process.Kill()) })
	begin := time.Now()
	result, err := traced.Wait()
	require.NoError(t, err)
	assert.Less(t, time.Since(begin), 10*time.Second)
	assert.Equal(t, unix.SIGKILL, result.State.Status.Signal())
}

func copyProgram(t *testing.T, name, to string) {
	t.Helper()
	code, err := os.ReadFile(testprog.Build(t, name))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(to, code, 0o755))
	require.NoError(t, os.Chmod(to, 0o755))
}
