package ptracer_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/ptracer"
	"github.com/bailiff-judge/bailiff/supervisor"
)

// Every call with a path returns what it returns without a tracer.
func TestEverydayCalls(t *testing.T) {
	rules, err := policy.New("test", policy.Definition{Extends: "permissive", Files: &policy.Files{
		Allow: []policy.FileRule{{Access: []string{"read", "write", "create", "execute", "stat"}, Paths: []string{"/**"}}}}})
	require.NoError(t, err)
	filter, err := rules.Filter(policy.FilterOptions{Kill: ptracer.Fatal, Ask: ptracer.Ask})
	require.NoError(t, err)
	for _, beside := range []string{"nobody", "threads", "fork"} {
		free := run(t, program{name: "trace_paths", args: []string{beside}, dir: t.TempDir()}, ptracer.Options{})
		free.exited(t, 0)
		for _, every := range []bool{false, true} {
			t.Run(beside, func(t *testing.T) {
				leakcheck.Check(t)
				got := run(t, program{name: "trace_paths", args: []string{beside}, dir: t.TempDir(), all: filter},
					ptracer.Options{Handler: supervisor.New(rules, nil), Every: every})
				got.exited(t, 0)
				assert.Equal(t, lines(free.output), lines(got.output))
			})
		}
	}
}

// lines are sorted: the ends of the FIFO are reported in any order.
func lines(output string) []string {
	list := strings.Split(output, "\n")
	slices.Sort(list)
	return list
}
