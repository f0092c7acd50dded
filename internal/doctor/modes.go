package doctor

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/bailiff-judge/bailiff/internal/asmprog"
	"github.com/bailiff-judge/bailiff/runner"
)

// modeChecks run a program in each mode: what follows from all the rest.
func modeChecks() []Check {
	const class, everyone = "modes", Root | User
	open := sync.OnceValues(func() (*runner.Sandbox, error) { return runner.New(runner.Options{BestEffort: true}) })
	var checks []Check
	for _, row := range []struct {
		mode   runner.Mode
		needed Use
		why    string
		mend   string
	}{
		{runner.NS, everyone, "each program in a sandbox of its own", "see what is missing above"},
		{runner.Pool, 0, "sandboxes that stand ready: a start for a fraction of the price", "cgroups, as root; see what is missing above"},
		{runner.Ptrace, 0, "rules about files, a trace of every call, crashes explained", "see ptrace above"},
		{runner.Notify, 0, "rules about files, at less cost, with the file that was checked handed over", "Linux 5.14; see user notification above"},
	} {
		checks = append(checks, Check{class, "mode " + string(row.mode), row.needed, func(*Machine) Finding {
			sandbox, err := open()
			if err != nil {
				return missing("%v", err)
			}
			return try(sandbox, row.mode)
		}, row.why, row.mend})
	}
	// The last of them: what holds and measures the limits of a run here.
	return append(checks, Check{class, "counters", 0, func(*Machine) Finding {
		sandbox, err := open()
		if err != nil {
			return missing("%v", err)
		}
		finding := counters(sandbox)
		if err := sandbox.Close(); err != nil {
			return degraded("%v", err)
		}
		return finding
	}, "which file or call each number of a result is from", "cgroups: see limits above"})
}

func try(sandbox *runner.Sandbox, mode runner.Mode) Finding {
	result, err := run(sandbox, mode)
	switch {
	case err != nil:
		return missing("%v", err)
	case result.Status != runner.OK:
		return degraded("a program that exits with 0 ended as %s", result.Status)
	}
	return ok("works")
}

// run runs a program that needs nothing of the machine, which may have no other.
func run(sandbox *runner.Sandbox, mode runner.Mode) (*runner.Result, error) {
	const path = "/program"
	program, err := asmprog.Exit()
	if err != nil {
		return nil, err
	}
	return sandbox.Run(context.Background(), runner.Spec{Args: []string{path}, Mode: mode,
		Root: runner.SystemRoot().File(path, string(program), 0o755)})
}

func counters(sandbox *runner.Sandbox) Finding {
	result, err := run(sandbox, runner.Auto)
	if err != nil {
		return missing("%v", err)
	}
	by, text := result.MeasuredBy, []string{}
	state := OK
	for _, c := range []struct{ what, by string }{{"cpu", by.CPU}, {"memory", by.Memory}, {"processes", by.Processes}} {
		if c.by == "" {
			state, c.by = Degraded, "nothing"
		}
		text = append(text, fmt.Sprintf("%s by %s", c.what, c.by))
	}
	return Finding{state, strings.Join(text, ", ")}
}
