package runner_test

import (
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/runner"
)

func signalName(r *runner.Result) string {
	if r.Signal == 0 {
		return ""
	}
	return unix.SignalName(r.Signal)
}
