package main

import (
	"encoding/json"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/internal/testprog"
)

// repeated is what the program of that name says, run with flags.
func repeated(t *testing.T, flags, args string) (map[string]string, outcome) {
	t.Helper()
	cmd := command(t, append(split("run --procs 2 "+flags+" -- "+testprog.Build(t, "repeat")), split(args)...)...)
	cmd.Dir = os.TempDir() // the same for all: its name is on the program's stack
	got := end(t, cmd)
	return testprog.Values(got.stdout), got
}

func TestRepeatable(t *testing.T) {
	first, got := repeated(t, "--repeatable --verbose", "where cpu")
	require.Zero(t, got.code, got.stderr)
	assert.Contains(t, got.stderr, "--no-tsc refuses it")
	lacking := strings.Contains(got.stderr, "what=addresses")
	for range 5 {
		again, got := repeated(t, "--repeatable", "where cpu")
		require.Zero(t, got.code, got.stderr)
		assert.NotContains(t, got.stderr, "not repeatable", "nobody asked")
		if !lacking {
			assert.Equal(t, first, again)
		}
	}
	if lacking {
		t.Skip(got.stderr)
	}
	again, _ := repeated(t, "--no-aslr", "where")
	first["cpu"], again["cpu"] = "", ""
	assert.Len(t, again, len(first))
	text := runprog(t, split("run --repeatable --explain -- true")...)
	for _, row := range []string{"ADDR_NO_RANDOMIZE", "sched_setaffinity", "PYTHONHASHSEED=0"} {
		assert.Contains(t, text.stdout, row)
	}
}

func TestNoTSC(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		_, got := repeated(t, "--no-tsc", "where")
		assert.Equal(t, exitFailure, got.code)
		assert.Contains(t, got.stderr, "--no-tsc can't be had here")
		return
	}
	_, got := repeated(t, "--no-tsc", "rdtsc")
	assert.Equal(t, 1, got.code)
	assert.True(t, strings.HasPrefix(got.stderr, "runtime_error: "), got.stderr)
	assert.Contains(t, got.stderr, "time-stamp counter")
	values, got := repeated(t, "", "rdtsc")
	assert.Zero(t, got.code)
	assert.NotEmpty(t, values["tsc"])
}

func TestInstructionsAndMargin(t *testing.T) {
	_, got := repeated(t, "--instructions --margin 10 --format json", "where")
	require.Zero(t, got.code, got.stderr)
	var result map[string]any
	require.NoError(t, json.Unmarshal([]byte(got.stderr), &result))
	assert.Equal(t, false, result["near_limit"])
	if result["instructions"] == nil {
		assert.Contains(t, result["instructions_error"], "perf")
	} else {
		assert.Positive(t, result["instructions"])
	}
}

func TestCPUList(t *testing.T) {
	for text, want := range map[string]string{"0": "0", "3,1": "1,3", "0-2,5": "0,1,2,5", "1,0-1": "0,1", "1023": "1023"} {
		var cpus []int
		require.NoError(t, cpuList{&cpus}.Set(text))
		assert.Equal(t, want, cpuList{&cpus}.String())
	}
	for _, bad := range []string{"", ",", "-1", "1-", "a", "1024", "0-99999999", " 1", "2-1"} {
		var cpus []int
		assert.ErrorContains(t, cpuList{&cpus}.Set(bad), "as in 0,2-3", "%q", bad)
	}
	assert.Empty(t, cpuList{new([]int)}.String())
}
