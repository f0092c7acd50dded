package ptracer_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/ptracer"
)

func TestWatching(t *testing.T) {
	leakcheck.Check(t)
	got := run(t, program{name: "exit", args: []string{"7"}}, ptracer.Options{})
	got.exited(t, 7)
	assert.Equal(t, 1, got.Tasks)
	assert.Zero(t, got.Calls)
}
