package main

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/runner"
)

// textFormat is for a person: the verdict and why, then the figures, each with
// its unit and what it was taken from.
func textFormat(r *runner.Result) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s: %s\n", r.Status, reason(r))
	if r.Crash != nil {
		for _, line := range r.Crash.Backtrace {
			fmt.Fprintf(&b, "    %s\n", line)
		}
	}
	if r.Status == runner.InternalError {
		return b.Bytes()
	}
	row := func(name, value, by string) {
		if by != "" {
			value += ", by " + by
		}
		fmt.Fprintf(&b, "  %-16s %s\n", name, value)
	}
	row("cpu time", cpuText(r), r.MeasuredBy.CPU)
	row("wall time", duration(r.Wall)+", after "+duration(r.Setup)+" of set-up", "")
	row("memory", measured(r.Memory, size), r.MeasuredBy.Memory)
	rss := "not known: no larger than runprog itself"
	if r.RSS != runner.Unmeasured {
		rss = size(r.RSS)
	}
	row("largest process", rss, r.MeasuredBy.RSS)
	row("output", size(r.Output), "")
	row("processes", measured(r.ProcessesPeak, func(n int64) string { return fmt.Sprintf("%d at most", n) }), r.MeasuredBy.Processes)
	switch {
	case r.Instructions != runner.Unmeasured:
		row("instructions", strconv.FormatInt(r.Instructions, 10), r.MeasuredBy.Instructions)
	case r.InstructionsError != "":
		row("instructions", "not counted: "+r.InstructionsError, "")
	}
	if r.NearLimit {
		row("near its limit", "the time is so near that another run may end otherwise", "")
	}
	return b.Bytes()
}

// reason says why the status is what it is.
func reason(r *runner.Result) string {
	limit, by := "", ""
	if r.Limit != nil {
		limit = size(r.Limit.Value)
		if r.Limit.Name == "cpu" || r.Limit.Name == "wall" {
			limit = time.Duration(r.Limit.Value).String()
		}
		by = " (" + r.Limit.MeasuredBy + ")"
	}
	switch r.Status {
	case runner.OK:
		return "the program exited with 0, within all its limits"
	case runner.InternalError:
		return r.Error
	case runner.ForbiddenAccess:
		return violation(r.Violation)
	case runner.TimeLimit:
		return fmt.Sprintf("%s of CPU time, the limit is %s%s", duration(r.CPU), limit, by)
	case runner.WallLimit:
		return fmt.Sprintf("%s of wall time, the limit is %s%s", duration(r.Wall), limit, by)
	case runner.MemoryLimit:
		return fmt.Sprintf("the program needed more than its limit of %s%s", limit, by)
	case runner.OutputLimit:
		return fmt.Sprintf("the program wrote more than its limit of %s%s", limit, by)
	}
	if r.Signal == 0 {
		return fmt.Sprintf("the program exited with %d", r.ExitCode)
	}
	if r.Crash != nil && r.Crash.Signal == r.Signal {
		return r.Crash.Text
	}
	text := fmt.Sprintf("the program was ended by %s", unix.SignalName(r.Signal))
	if meaning := signalMeanings[r.Signal]; meaning != "" {
		text += ": " + meaning
	}
	if r.Limit != nil {
		text += fmt.Sprintf("; the limit is %s%s", limit, by)
	}
	return text
}

// signalMeanings are what signals most often mean in a contestant's program.
var signalMeanings = map[unix.Signal]string{
	unix.SIGSEGV: "memory that isn't its own, or a full stack",
	unix.SIGBUS:  "memory that isn't there",
	unix.SIGFPE:  "a division by zero, or an overflow of one",
	unix.SIGILL:  "an instruction that this processor lacks, or a trap set by the compiler",
	unix.SIGABRT: "abort(), a failed assertion, or an exception that nobody caught",
	unix.SIGKILL: "sent by itself, or from outside",
	unix.SIGPIPE: "output that nobody reads any more",
	unix.SIGXFSZ: "a file that grew beyond its limit",
}

// violation says what was forbidden.
func violation(v *runner.Violation) string {
	if v == nil {
		return "something the policy forbids"
	}
	var parts []string
	switch {
	case v.Syscall != "":
		parts = append(parts, fmt.Sprintf("the system call %s(%s)", v.Syscall, strings.Join(v.Args, ", ")))
	case v.Path == "":
		parts = append(parts, "a system call that the kernel did not name")
	}
	if v.Path != "" {
		parts = append(parts, fmt.Sprintf("the file %q", v.Path))
	}
	return "the policy forbids " + strings.Join(parts, " on ")
}

func cpuText(r *runner.Result) string {
	if r.CPU == runner.Unmeasured {
		return "not measured here"
	}
	text := duration(r.CPU)
	if r.User != runner.Unmeasured && r.System != runner.Unmeasured {
		text += fmt.Sprintf(" (user %s, system %s)", duration(r.User), duration(r.System))
	}
	return text
}

func measured(n int64, text func(int64) string) string {
	if n == runner.Unmeasured {
		return "not measured here"
	}
	return text(n)
}
