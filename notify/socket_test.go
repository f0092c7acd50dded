package notify_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/testprog"
)

// Under rules about files no name of a socket is reached, made or told about,
// not even where the rules let everything be done to files. What has no name
// works as it does for everybody.
func TestSocketsHaveNoNames(t *testing.T) {
	leakcheck.Check(t)
	dir := workDir(t)
	testprog.Sockets(t, dir)
	got := run(t, program{name: "race_socket", args: []string{"reach", dir}, policy: allowAll})
	require.NoError(t, got.err)
	assert.Zero(t, got.status, got.output)
	testprog.NoSocketNames(t, dir, got.output)
}

// Nor does it help to change the address, or the socket, between check and use.
// Both are known to succeed where nobody checks.
func TestSocketAddressesAreNotRaced(t *testing.T) {
	for _, kind := range []string{"memory", "descriptor"} {
		t.Run(kind, func(t *testing.T) {
			leakcheck.Check(t)
			dir := workDir(t)
			testprog.Sockets(t, dir)
			got := run(t, program{name: "race_socket", args: []string{kind, dir, "500"}, policy: allowAll})
			require.NoError(t, got.err)
			assert.Zero(t, got.status, got.output)
			values := testprog.Values(got.output)
			t.Log(values)
			assert.Equal(t, "0", values["leaked"])
			assert.NotEqual(t, "0", values["refused"])
			assert.NotEqual(t, "0", values["other"])
		})
	}
}
