package main

import (
	"bytes"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/runner"
)

// isolateFormat is a meta file as isolate(1) writes it with --cg: "key:value"
// lines, times in seconds, sizes in KiB. Keys of what is not known are left
// out, as are those of context switches, which nothing here counts.
func isolateFormat(r *runner.Result) []byte {
	var b bytes.Buffer
	line := func(key, format string, args ...any) { fmt.Fprintf(&b, key+":"+format+"\n", args...) }
	status, message, killed := isolateStatus(r)
	if status != "" {
		line("status", "%s", status)
		line("message", "%s", message)
	}
	if killed {
		line("killed", "1")
	}
	if r.CPU != runner.Unmeasured {
		line("time", "%.3f", r.CPU.Seconds())
	}
	if r.Status != runner.InternalError {
		line("time-wall", "%.3f", r.Wall.Seconds())
	}
	if r.RSS != runner.Unmeasured {
		line("max-rss", "%d", r.RSS>>10)
	}
	if r.Memory != runner.Unmeasured {
		line("cg-mem", "%d", r.Memory>>10)
	}
	// SIGKILL is what the out-of-memory killer sends; a program that exits in
	// order after it had lost a child to it.
	if r.Status == runner.MemoryLimit && (r.Signal == unix.SIGKILL || r.ExitCode == 0) {
		line("cg-oom-killed", "1")
	}
	if r.ExitCode >= 0 && r.Status != runner.InternalError {
		line("exitcode", "%d", r.ExitCode)
	}
	if status == "SG" {
		line("exitsig", "%d", r.Signal)
	}
	return b.Bytes()
}

// isolateStatus is what isolate has for a status: its two letters, a message,
// and whether the sandbox ended the program. It has no code for limits on
// memory and output: the signal or the exit code is told instead.
func isolateStatus(r *runner.Result) (status, message string, killed bool) {
	end := "RE"
	if r.Signal != 0 {
		end = "SG"
	}
	switch r.Status {
	case runner.OK:
		return "", "", false
	case runner.InternalError:
		return "XX", oneLine(r.Error), false
	case runner.TimeLimit:
		return "TO", "Time limit exceeded", true
	case runner.WallLimit:
		return "TO", "Time limit exceeded (wall clock)", true
	case runner.OutputLimit:
		return end, "Output limit exceeded", true
	case runner.ForbiddenAccess:
		return end, oneLine(violation(r.Violation)), true
	case runner.MemoryLimit:
		return end, "Memory limit exceeded", false
	}
	if r.Crash != nil && r.Crash.Signal == r.Signal {
		return end, oneLine(r.Crash.Text), false
	}
	if r.Signal != 0 {
		return end, fmt.Sprintf("Caught fatal signal %d", r.Signal), false
	}
	return end, fmt.Sprintf("Exited with error status %d", r.ExitCode), false
}

// oneLine keeps a value from beginning a line of its own.
func oneLine(text string) string {
	return string(bytes.ReplaceAll([]byte(text), []byte("\n"), []byte("; ")))
}
