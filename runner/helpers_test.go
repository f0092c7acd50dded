package runner_test

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/runner"
)

func signalName(r *runner.Result) string {
	if r.Signal == 0 {
		return ""
	}
	return unix.SignalName(r.Signal)
}

// amd64Only skips a test that speaks in numbers of system calls.
func amd64Only(t testing.TB) {
	t.Helper()
	if runtime.GOARCH != "amd64" {
		t.Skip("the numbers are amd64's")
	}
}
