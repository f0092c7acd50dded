package main

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/testprog"
)

func TestRun(t *testing.T) {
	for _, c := range []struct {
		name    string
		program string // of testdata/programs
		args    string
		flags   string
		stdin   string
		code    int
		stdout  string
		says    string // the first words on stderr
	}{
		{name: "ok", program: "sum", stdin: "1 2 3\n", stdout: "6\n", says: "ok: "},
		{name: "exit code", program: "exit", args: "3", code: 1, says: "runtime_error: the program exited with 3"},
		{name: "signal", program: "signal_raise", args: "6", code: 1, says: "runtime_error: aborted"},
		{name: "cpu", program: "spin", args: "5000", flags: "--cpu 100ms", code: 1, says: "time_limit: "},
		{name: "seconds", program: "spin", args: "5000", flags: "--cpu 0.1", code: 1, says: "time_limit: "},
		{name: "wall", program: "sleep", args: "5000", flags: "--wall 100ms", code: 1, says: "wall_limit: "},
		{name: "memory", program: "touch", args: "60 5000", flags: "--memory 32M", code: 1, says: "memory_limit: "},
		{name: "output", program: "sum", stdin: "100 200", flags: "--output 3", code: 1, stdout: "300", says: "output_limit: "},
		{name: "mode", program: "sum", stdin: "1", flags: "--mode ns --wall unlimited", stdout: "1\n", says: "ok: "},
		{name: "dash arguments are the program's", program: "exit", args: "--help", code: 1, says: `argument 1: "--help"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := append([]string{"run"}, split(c.flags)...)
			args = append(args, testprog.Build(t, c.program))
			cmd := command(t, append(args, split(c.args)...)...)
			cmd.Stdin = strings.NewReader(c.stdin)
			got := end(t, cmd)
			assert.Equal(t, c.code, got.code, got.stderr)
			assert.Equal(t, c.stdout, got.stdout)
			assert.True(t, strings.HasPrefix(got.stderr, c.says), got.stderr)
			assert.Contains(t, got.stderr, "cpu time")
		})
	}
}

func TestFiles(t *testing.T) {
	program := testprog.Build(t, "sum")
	t.Run("all named", func(t *testing.T) {
		cmd := command(t, split("run --stdin in --stdout out --stderr err --format json --result result --"+" "+program)...)
		file(t, cmd.Dir, "in", "20 22\n")
		file(t, cmd.Dir, "out", "longer than what comes\n")
		file(t, cmd.Dir, "result", "old")
		got := end(t, cmd)
		assert.Equal(t, outcome{}, got)
		assert.Equal(t, "42\n", read(t, cmd.Dir, "out"))
		assert.Empty(t, read(t, cmd.Dir, "err"))
		var result map[string]any
		require.NoError(t, json.Unmarshal([]byte(read(t, cmd.Dir, "result")), &result))
		assert.Equal(t, "ok", result["status"])
		assert.EqualValues(t, 3, result["output_bytes"])
		assert.Equal(t, []string{"err", "in", "out", "result"}, names(t, cmd.Dir))
	})
	t.Run("stdout and stderr in one", func(t *testing.T) {
		cmd := command(t, "run", "--stdout", "all", "--stderr", "./all", "--", "sh", "-c", "echo one; echo two >&2; echo three")
		got := end(t, cmd)
		assert.Zero(t, got.code, got.stderr)
		assert.Equal(t, "one\ntwo\nthree\n", read(t, cmd.Dir, "all"))
	})
	t.Run("the input is not emptied", func(t *testing.T) {
		cmd := command(t, "run", "--stdin", "in", "--stdout", "in", "--", program)
		file(t, cmd.Dir, "in", "1\n")
		got := end(t, cmd)
		assert.Equal(t, exitFailure, got.code)
		assert.Contains(t, got.stderr, "--stdin")
		assert.Equal(t, "1\n", read(t, cmd.Dir, "in"))
	})
	t.Run("result to a descriptor", func(t *testing.T) {
		cmd := command(t, "run", "--format", "uoj", "--result", "/dev/fd/3", "--", program)
		out, err := os.Create(filepath.Join(cmd.Dir, "three"))
		require.NoError(t, err)
		defer out.Close()
		cmd.ExtraFiles = []*os.File{out}
		assert.Zero(t, end(t, cmd).code)
		assert.Regexp(t, `^0 \d+ -?\d+ 0\n$`, read(t, cmd.Dir, "three"))
	})
	t.Run("no result, no file", func(t *testing.T) {
		cmd := command(t, "run", "--result", "result", "--stdin", "missing", "--", program)
		assert.Equal(t, exitFailure, end(t, cmd).code)
		assert.Empty(t, names(t, cmd.Dir))
	})
	t.Run("failure as a result", func(t *testing.T) {
		cmd := command(t, "run", "--format", "isolate", "--result", "result", "--dir", "/no/such/directory", "--", program)
		got := end(t, cmd)
		assert.Equal(t, exitFailure, got.code)
		assert.Contains(t, got.stderr, "/no/such/directory")
		assert.Contains(t, read(t, cmd.Dir, "result"), "status:XX\n")
	})
}

func TestView(t *testing.T) {
	t.Run("argument files are there, others are not", func(t *testing.T) {
		cmd := command(t, "run", "--procs", "4", "--", "sh", "-c", `cat "$1"; ls`, "sh", "shown")
		file(t, cmd.Dir, "shown", "text\n")
		file(t, cmd.Dir, "hidden", "")
		got := end(t, cmd)
		assert.NotContains(t, got.stdout, "hidden")
		assert.Contains(t, got.stdout, "text\n")
	})
	t.Run("read", func(t *testing.T) {
		cmd := command(t, split("run --procs 4 --read data:/data -- sh -c")...)
		cmd.Args = append(cmd.Args, "cat /data/file; echo x >/data/file")
		require.NoError(t, os.Mkdir(filepath.Join(cmd.Dir, "data"), 0o755))
		file(t, cmd.Dir, "data/file", "text\n")
		got := end(t, cmd)
		assert.Equal(t, exitVerdict, got.code, got.stderr)
		assert.Equal(t, "text\n", got.stdout)
		assert.Equal(t, "text\n", read(t, cmd.Dir, "data/file"))
	})
	t.Run("write", func(t *testing.T) {
		cmd := command(t, split("run --procs 4 --write ./data:/data -- sh -c")...)
		cmd.Args = append(cmd.Args, "echo x >/data/file")
		require.NoError(t, os.Mkdir(filepath.Join(cmd.Dir, "data"), 0o755))
		require.NoError(t, os.Chmod(filepath.Join(cmd.Dir, "data"), 0o777))
		got := end(t, cmd)
		assert.Zero(t, got.code, got.stderr)
		assert.Equal(t, "x\n", read(t, cmd.Dir, "data/file"))
	})
	t.Run("working directory", func(t *testing.T) {
		cmd := command(t, "run", "--procs", "4", "--", "sh", "-c", "pwd; echo gone >here; cat here")
		got := end(t, cmd)
		assert.Zero(t, got.code, got.stderr)
		assert.Empty(t, names(t, cmd.Dir))
		got = runprog(t, "run", "--dir", "/usr", "--", "sh", "-c", "pwd")
		assert.Equal(t, "/usr\n", got.stdout, got.stderr)
	})
	t.Run("environment", func(t *testing.T) {
		cmd := command(t, split("run --env PASSED --env HOME=/nowhere --env EMPTY= -- env")...)
		cmd.Env = append(cmd.Env, "PASSED=on", "KEPT=back")
		got := end(t, cmd)
		assert.Zero(t, got.code, got.stderr)
		assert.ElementsMatch(t, []string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/nowhere", "LANG=C.UTF-8", "PASSED=on", "EMPTY="},
			strings.Split(strings.TrimSpace(got.stdout), "\n"))
	})
}

func TestExplain(t *testing.T) {
	got := runprog(t, "run", "--explain", "--", "sh", "-c", "echo ran")
	assert.Zero(t, got.code, got.stderr)
	assert.Contains(t, got.stdout, "execve")
	assert.Contains(t, got.stdout, "pivot_root")
	assert.NotContains(t, got.stdout, "\nran\n")
	assert.Empty(t, got.stderr)
}

func TestVerbose(t *testing.T) {
	got := runprog(t, "run", "--verbose", "--", "true")
	assert.Zero(t, got.code, got.stderr)
	assert.Contains(t, got.stderr, "policy=default")
}

// TestInterrupt waits for the program's first words: then it runs.
func TestInterrupt(t *testing.T) {
	for _, signal := range []unix.Signal{unix.SIGINT, unix.SIGTERM} {
		t.Run(unix.SignalName(signal), func(t *testing.T) {
			cmd := command(t, "run", "--wall", "unlimited", "--result", "result", "--", "sh", "-c", "echo ready; exec sleep 1000")
			stderr := new(strings.Builder)
			cmd.Stderr = stderr
			stdout, err := cmd.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			line, err := bufio.NewReader(stdout).ReadString('\n')
			require.NoError(t, err)
			assert.Equal(t, "ready\n", line)
			require.NoError(t, cmd.Process.Signal(signal))
			assert.Error(t, cmd.Wait())
			assert.Equal(t, exitFailure, cmd.ProcessState.ExitCode())
			assert.Contains(t, stderr.String(), "interrupted")
			assert.Contains(t, stderr.String(), "no verdict")
			assert.Empty(t, names(t, cmd.Dir))
		})
	}
}

func file(t *testing.T, dir, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	require.NoError(t, err)
	return string(text)
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// A crash is explained, and each call can be looked at, in words.
func TestCrashAndTrace(t *testing.T) {
	for _, mode := range []string{"auto", "ns", "ptrace", "notify"} {
		c := runprog(t, "run", "--mode", mode, "--", testprog.Build(t, "signal_fault"), "null_write")
		assert.Equal(t, exitVerdict, c.code, c.stderr)
		assert.Contains(t, c.stderr, "runtime_error: segmentation fault: write to address", mode)
		assert.Contains(t, c.stderr, "null pointer", mode)
	}
	c := runprog(t, "run", "--no-crash", "--", testprog.Build(t, "signal_fault"), "null_write")
	assert.Contains(t, c.stderr, "ended by SIGSEGV")
	c = runprog(t, "run", "--trace", "-", "--", testprog.Build(t, "exit"), "3")
	assert.Contains(t, c.stderr, "exit_group(3)")
}

// In this machine's own file system only what the command line shows is there.
func TestHostFlag(t *testing.T) {
	dir := t.TempDir()
	for parent := dir; parent != os.TempDir() && parent != "/"; parent = filepath.Dir(parent) {
		require.NoError(t, os.Chmod(parent, 0o755))
	}
	shown, hidden := filepath.Join(dir, "shown"), filepath.Join(dir, "hidden")
	require.NoError(t, os.WriteFile(shown, nil, 0o644))
	require.NoError(t, os.WriteFile(hidden, nil, 0o644))
	program := testprog.Build(t, "escape_files")
	for _, mode := range []string{"notify", "ptrace"} {
		c := runprog(t, "run", "--host", "--mode", mode, "--read", shown, "--", program, dir+"/./hidden/../shown")
		assert.Equal(t, exitOK, c.code, c.stderr)
		c = runprog(t, "run", "--host", "--mode", mode, "--procs", "4", "--read", shown, "--", "/bin/sh", "-c", "cat "+shown+"; cat "+hidden)
		assert.Equal(t, exitVerdict, c.code)
		assert.Contains(t, c.stderr, hidden+": Permission denied")
		assert.NotContains(t, c.stderr, shown+": ")
	}
	c := runprog(t, "run", "--host", "--read", filepath.Join(dir, "none"), "--", "true")
	assert.Equal(t, exitFailure, c.code)
	assert.Contains(t, c.stderr, "--read")
	c = runprog(t, "run", "--host", "--mode", "ns", "--", "true")
	assert.Contains(t, c.stderr, "use ptrace or notify")
}
