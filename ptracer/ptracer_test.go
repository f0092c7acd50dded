package ptracer_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/ptracer"
	"github.com/bailiff-judge/bailiff/supervisor"
)

func TestWatching(t *testing.T) {
	leakcheck.Check(t)
	got := run(t, program{name: "exit", args: []string{"7"}}, ptracer.Options{})
	got.exited(t, 7)
	assert.Equal(t, 1, got.Tasks)
	assert.Zero(t, got.Calls)
}

func TestLog(t *testing.T) {
	leakcheck.Check(t)
	var log bytes.Buffer
	got := run(t, program{name: "print", args: []string{"uname"}}, ptracer.Options{Every: true, Log: &log})
	got.exited(t, 64)
	t.Log(log.String(), got.output)
}

func TestAnswers(t *testing.T) {
	leakcheck.Check(t)
	var log bytes.Buffer
	got := run(t, program{name: "syscall", args: []string{"39"}, ask: []string{"getpid"}}, ptracer.Options{Log: &log, Handler: supervisor.HandlerFunc(func(c *supervisor.Call) supervisor.Answer {
		return supervisor.Answer{Kind: supervisor.Fake, Value: 4711}
	})})
	got.exited(t, 0)
	t.Log(log.String(), got.output)
}
