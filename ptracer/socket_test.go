package ptracer_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/ptracer"
	"github.com/bailiff-judge/bailiff/supervisor"
)

// socketDir has a short name, as the address of a socket must.
func socketDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "ptracer")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(dir)) })
	return dir
}

// byRules runs race_socket by a policy that lets everything be done to files.
func byRules(t *testing.T, args ...string) outcome {
	t.Helper()
	rules, err := policy.Parse("test", []byte(`
default: allow
files: {allow: [{access: [read, write, create, execute], paths: ["/**"]}]}`))
	require.NoError(t, err)
	filter, err := rules.Filter(policy.FilterOptions{Kill: ptracer.Fatal, Ask: ptracer.Ask})
	require.NoError(t, err)
	return run(t, program{name: "race_socket", args: args, all: filter}, ptracer.Options{Handler: supervisor.New(rules, nil)})
}

// Under rules about files no name of a socket is reached, made or told about,
// not even where the rules let everything be done to files. What has no name
// works as it does for everybody.
func TestSocketsHaveNoNames(t *testing.T) {
	leakcheck.Check(t)
	dir := socketDir(t)
	testprog.Sockets(t, dir)
	got := byRules(t, "reach", dir)
	got.exited(t, 0)
	testprog.NoSocketNames(t, dir, got.output)
}

// Nor does it help to change the address, or the socket, between check and use.
// Both are known to succeed where nobody checks.
func TestSocketAddressesAreNotRaced(t *testing.T) {
	for _, kind := range []string{"memory", "descriptor"} {
		t.Run(kind, func(t *testing.T) {
			leakcheck.Check(t)
			dir := socketDir(t)
			testprog.Sockets(t, dir)
			got := byRules(t, kind, dir, "500")
			got.exited(t, 0)
			values := testprog.Values(got.output)
			t.Log(values)
			assert.Equal(t, "0", values["leaked"])
			assert.NotEqual(t, "0", values["refused"])
			assert.NotEqual(t, "0", values["other"])
		})
	}
}
