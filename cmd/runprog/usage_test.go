package main

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/bailiff-judge/bailiff/runner"
)

func TestWrongCommandLine(t *testing.T) {
	for _, c := range []struct {
		args string
		says []string // all on stderr
	}{
		{"rum", []string{`unknown command "rum"`, `did you mean "run"`}},
		{"/bin/sh", []string{"runprog run -- /bin/sh"}},
		{"something-else", []string{"unknown command", "runprog run -- something-else"}},
		{"run", []string{"no program", "runprog run -- ./a.out"}},
		{"run --", []string{"no program"}},
		{"run --memroy 64M -- true", []string{"--memroy", "--memory"}},
		{"run -cpu 1s -- true", []string{"-cpu", "--cpu"}},
		{"run --qqqqqqqqqqqq -- true", []string{"--qqqqqqqqqqqq", "runprog run --help"}},
		{"run --cpu", []string{"--cpu needs a value", "TIME"}},
		{"run --cpu 1x -- true", []string{`--cpu "1x"`, "500ms"}},
		{"run --cpu inf -- true", []string{`--cpu "inf"`, "unlimited"}},
		{"run --cpu 0 -- true", []string{`--cpu "0"`, "zero", "default"}},
		{"run --cpu=-1s -- true", []string{`--cpu "-1s"`, "negative"}},
		{"run --wall 9999999999999 -- true", []string{"--wall", "too large", "unlimited"}},
		{"run --cpu 1ns -- true", []string{"cpu"}},
		{"run --memory 64MB -- true", []string{`--memory "64MB"`, "64M"}},
		{"run --memory 9223372036854775808 -- true", []string{"--memory", "too large", "unlimited"}},
		{"run --memory 8388608T -- true", []string{"--memory", "too large"}},
		{"run --memory 0 -- true", []string{"--memory", "zero"}},
		{"run --memory -1 -- true", []string{"--memory"}},
		{"run --procs 1K -- true", []string{`--procs "1K"`, "whole number"}},
		{"run --mode ptrac -- true", []string{`--mode "ptrac"`, "did you mean ptrace"}},
		{"run --mode notify --trace - -- true", []string{"mode notify", "use ptrace"}},
		{"run --mode ns --trace - -- true", []string{"mode ns", "use ptrace"}},
		{"run --format yaml -- true", []string{`--format "yaml"`, "text, json, uoj, isolate"}},
		{"run --explain=2 -- true", []string{"--explain takes no value"}},
		{"run --cpus 1-x -- true", []string{`--cpus "1-x"`, "0,2-3"}},
		{"run --cpus 3-1 -- true", []string{"--cpus", "0,2-3"}},
		{"run --cpus 1024 -- true", []string{"--cpus", "1023"}},
		{"run --cpus 1023 -- true", []string{"affinity", "none of the CPUs"}},
		{"run --margin 101 -- true", []string{"--margin 101", "percentage"}},
		{"run --margin NaN -- true", []string{"--margin NaN", "percentage"}},
		{"run --env =x -- true", []string{"--env", "NAME=VALUE"}},
		{"run --env BAILIFF_NOT_SET -- true", []string{"--env", "BAILIFF_NOT_SET=VALUE"}},
		{"run --policy defualt -- true", []string{"--policy", `did you mean "default"`}},
		{"run --policy ./missing.yaml -- true", []string{"--policy", "missing.yaml", "no such file"}},
		{"run --read tmps:/x -- true", []string{"--read", `did you mean "tmpfs"`}},
		{"run --read /usr:relative -- true", []string{"--read", "absolute path"}},
		{"run --write /usr:/x:rx -- true", []string{"--write", `unknown attribute "rx"`}},
		{"run --stdin missing -- true", []string{"--stdin", "missing", "no such file"}},
		{"run --stdin / -- true", []string{"--stdin", "directory"}},
		{"run --stdout / -- true", []string{"--stdout", "directory"}},
		{"run --stdout missing/out -- true", []string{"--stdout", "no such file"}},
		{"run --result missing/r -- true", []string{"--result missing/r", "no such file"}},
		{"run --result / -- true", []string{"--result /", "directory"}},
		{"run -- no-such-program", []string{"no-such-program", "give its path"}},
		{"run -- ./no-such-program", []string{"no-such-program", "no such file"}},
		{"run -- /usr", []string{"/usr is a directory"}},
		{"run -- /etc/passwd", []string{"/etc/passwd is not executable"}},
	} {
		t.Run(c.args, func(t *testing.T) {
			t.Parallel()
			got := runprog(t, split(c.args)...)
			assert.Equal(t, exitFailure, got.code)
			assert.Empty(t, got.stdout)
			assert.Contains(t, got.stderr, "runprog: ")
			for _, text := range c.says {
				assert.Contains(t, got.stderr, text)
			}
		})
	}
}

func TestLimitErrorNamesTheFlag(t *testing.T) {
	for name, flag := range map[string]string{"processes": "--procs", "memory": "--memory", "file_size": "--file-size", "open_files": "--files"} {
		err := withMend(fmt.Errorf("wrapped: %w", &runner.LimitError{Name: name, Err: assert.AnError}))
		assert.ErrorIs(t, err, assert.AnError)
		assert.ErrorContains(t, err, flag+" unlimited")
		assert.ErrorContains(t, err, "--best-effort")
	}
	assert.NoError(t, withMend(nil))
	assert.Equal(t, assert.AnError, withMend(assert.AnError))
}

func TestRepeatableErrorNamesTheFlag(t *testing.T) {
	for name, flag := range map[string]string{"addresses": "--no-aslr", "no_tsc": "--no-tsc"} {
		err := withMend(fmt.Errorf("wrapped: %w", &runner.RepeatableError{Name: name, Err: assert.AnError}))
		assert.ErrorIs(t, err, assert.AnError)
		assert.ErrorContains(t, err, flag+" can't be had here")
	}
}

func TestHelp(t *testing.T) {
	for _, c := range []struct {
		args string
		says []string
	}{
		{"", []string{"runprog run -- ./a.out", "Exit status"}},
		{"--help", []string{"Available Commands"}},
		{"run --help", []string{"gcc", "--memory SIZE", "default 256M", "Exit status", "runprog run --explain"}},
		{"completion bash", []string{"__start_runprog"}},
		{"__complete run --mode ", []string{"auto\nns\nptrace\nnotify\npool\n"}},
		{"__complete run --format ", []string{"text\njson\nuoj\nisolate\n"}},
		{"__complete run --policy ", []string{"default\n"}},
		{"__complete run --loop", []string{"--loopback"}},
	} {
		t.Run(c.args, func(t *testing.T) {
			args := split(c.args)
			if len(args) > 0 && args[0] == "__complete" && args[len(args)-1] != "--loop" {
				args = append(args, "") // the word under the cursor
			}
			got := runprog(t, args...)
			assert.Zero(t, got.code)
			for _, text := range c.says {
				assert.Contains(t, got.stdout, text)
			}
		})
	}
}
