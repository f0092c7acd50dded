package policy

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/testprog"
)

const helperVariable = "BAILIFF_TEST_UNDER_POLICY"

// TestMain lets the test program stand for a judge's child: with the variable
// set it loads that policy and executes its arguments.
func TestMain(m *testing.M) {
	if name := os.Getenv(helperVariable); name != "" {
		fmt.Fprintln(os.Stderr, execUnder(name, os.Args[1:]))
		os.Exit(125)
	}
	os.Exit(m.Run())
}

func execUnder(name string, args []string) error {
	runtime.LockOSThread() // the filter is this thread's, which executes
	p, err := Load(name)
	if err != nil {
		return err
	}
	f, err := p.Filter(FilterOptions{})
	if err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	env := []string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/tmp"}
	if _, err := f.Load(); err != nil {
		return err
	}
	return syscall.Exec(args[0], args, env)
}

// outcome is how a program ended.
type outcome struct {
	exit   int
	signal syscall.Signal
	output map[string]string
	stderr string
}

// under runs a program under a named policy or a file.
func under(t *testing.T, name string, stdin string, args ...string) outcome {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self, args...)
	cmd.Env = []string{helperVariable + "=" + name}
	cmd.Stdin = bytes.NewBufferString(stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	got := outcome{exit: status.ExitStatus(), output: testprog.Values(stdout.String()), stderr: stderr.String()}
	got.output[""] = stdout.String()
	if status.Signaled() {
		got.signal = status.Signal()
	}
	return got
}

// meant is the policies under which a language's programs must run.
var meant = map[string][]string{
	"c":      {"strict", "threads", "interpreter", "compiler", "default", "permissive"},
	"c++":    {"strict", "threads", "interpreter", "compiler", "default", "permissive"},
	"rust":   {"strict", "threads", "interpreter", "compiler", "default", "permissive"},
	"go":     {"threads", "interpreter", "compiler", "default", "permissive"},
	"python": {"interpreter", "compiler", "default", "permissive"},
	"node":   {"interpreter", "compiler", "default", "permissive"},
	"java":   {"jvm", "compiler", "default", "permissive"},
}

func TestEveryLanguageRunsUnderThePoliciesMeantForIt(t *testing.T) {
	for _, language := range testprog.Languages() {
		t.Run(language, func(t *testing.T) {
			command := testprog.BuildLanguage(t, language)
			for _, name := range meant[language] {
				got := under(t, name, "1 2 39", command...)
				assert.Equal(t, "42\n", got.output[""], "%s: exit %d, %v, %s", name, got.exit, got.signal, got.stderr)
			}
		})
	}
}

func TestCompilersRunUnderTheirPolicy(t *testing.T) {
	languages, err := filepath.Abs("../testdata/languages")
	require.NoError(t, err)
	for _, c := range []struct{ tool, args, source string }{
		{"gcc", "-O2 -o {out}", "sum.c"},
		{"g++", "-O2 -o {out}", "sum.cpp"},
		{"go", "build -o {out}", "sum.go"},
		{"javac", "-d {out}", "Main.java"},
		{"rustc", "-O -o {out}", "sum.rs"},
	} {
		t.Run(c.tool, func(t *testing.T) {
			tool, err := exec.LookPath(c.tool)
			if err != nil {
				t.Skipf("%s is not in $PATH: install it", c.tool)
			}
			// The one in $PATH may be a switch that wants its user's settings.
			if sysroot, err := exec.Command(c.tool, "--print", "sysroot").Output(); c.tool == "rustc" && err == nil {
				tool = strings.TrimSpace(string(sysroot)) + "/bin/rustc"
			}
			out := filepath.Join(t.TempDir(), "out")
			if c.tool == "javac" {
				require.NoError(t, os.Mkdir(out, 0o755))
			}
			args := append(strings.Fields(strings.ReplaceAll(c.args, "{out}", out)), filepath.Join(languages, c.source))
			for _, name := range []string{"compiler", "default"} {
				got := under(t, name, "", append([]string{tool}, args...)...)
				require.Zero(t, got.exit, "%s: %v %s%s", name, got.signal, got.output[""], got.stderr)
			}
			if c.tool != "javac" {
				assert.Equal(t, "42\n", under(t, "threads", "1 2 39", out).output[""])
			}
		})
	}
}
