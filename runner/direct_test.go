package runner_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/runner"
)

// A Direct is the program's own descriptor, not a copy's other end: what it
// writes is there when the program has started to sleep, and counts as nothing.
func TestDirect(t *testing.T) {
	s := open(t)
	r, w, err := os.Pipe()
	require.NoError(t, err)
	defer r.Close()
	in, feed, err := os.Pipe()
	require.NoError(t, err)
	_, err = feed.WriteString("through")
	require.NoError(t, err)
	require.NoError(t, feed.Close())

	started := 0
	sp := spec(t, "cat")
	sp.Stdin, sp.Stdout = runner.Direct{File: in}, runner.Direct{File: w}
	sp.Limits.Output = 3
	sp.Started = func() {
		started++
		assert.NoError(t, in.Close())
		assert.NoError(t, w.Close())
	}
	result, err := s.Run(context.Background(), sp)
	require.NoError(t, err)
	assert.Equal(t, runner.OK, result.Status)
	assert.Zero(t, result.Output)
	assert.Equal(t, 1, started)
	got, err := io.ReadAll(r) // ends: nobody else holds the pipe
	require.NoError(t, err)
	assert.Equal(t, "through", string(got))
}

func TestDirectOfNothing(t *testing.T) {
	s := open(t)
	for _, sp := range []runner.Spec{{Stdin: runner.Direct{}}, {Stdout: runner.Direct{}}, {Stderr: runner.Direct{}}} {
		sp.Args = []string{"/bin/true"}
		sp.Started = func() { assert.Fail(t, "started") }
		_, err := s.Run(context.Background(), sp)
		assert.ErrorIs(t, err, os.ErrInvalid)
	}
}

// Programs that open their streams by name must find them: "cat /dev/stdin",
// readFileSync("/dev/stdin").
func TestStreamsByName(t *testing.T) {
	s := open(t)
	var out, errs bytes.Buffer
	result, err := s.Run(context.Background(), runner.Spec{
		Args:   []string{"/bin/sh", "-c", "cat /dev/stdin >/dev/stdout; echo x >/dev/stderr"},
		Stdin:  strings.NewReader("by name\n"),
		Stdout: &out, Stderr: &errs,
		Limits: runner.Limits{Processes: 3},
	})
	require.NoError(t, err)
	assert.Equal(t, runner.OK, result.Status)
	assert.Equal(t, "by name\n", out.String())
	assert.Equal(t, "x\n", errs.String())
}
