package selftest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bailiff-judge/bailiff/runner"
)

// supervised are the modes in which somebody is asked about calls; the first is
// the one that lets programs with threads execute others.
var supervised = []runner.Mode{runner.Ptrace, runner.Notify}

// tracerAttacks want to trace whom they have no business with, and to confuse,
// to stop or to outlive who watches them.
func tracerAttacks() (attacks []Attack) {
	limits := runner.Limits{CPU: 10 * time.Second, Wall: 30 * time.Second, Processes: 64}
	others := all(status(runner.OK), strangers)
	for _, kind := range []string{"me", "init", "all", "sibling", "parent", "threads", "killed"} {
		attacks = append(attacks,
			Attack{Command: "trace_others " + kind, Policy: tracing, Limits: limits, Check: others},
			Attack{Command: "trace_others " + kind, Policy: "default", Limits: limits, Check: all(status(runner.OK, runner.ForbiddenAccess), strangers)})
	}
	for _, command := range []string{
		"trace_hostile traceme 20", "trace_hostile seize 20", "trace_hostile storm 8", "trace_hostile self 20", "trace_hostile exec 4",
		"trace_hostile die 8", "trace_hostile murder 20", "trace_hostile block 50", "trace_hostile signals 50", "trace_hostile personality 1",
		"trace_hostile garbage 50", "trace_killed 20", "trace_tasks tree 20", "trace_tasks leader 4", "trace_tasks vfork 8",
		"notify_signals 200", "notify_try self",
	} {
		attacks = append(attacks, Attack{Command: command, Policy: guarded, Modes: supervised, Field: true, Limits: limits, Check: all(status(runner.OK), nothing())})
	}
	// In mode notify an exec beside other threads is refused.
	attacks = append(attacks, Attack{Command: "trace_tasks exec 4", Policy: guarded, Modes: supervised[:1], Field: true, Limits: limits, Check: status(runner.OK)})
	short := limits
	short.Wall = 300 * time.Millisecond
	return append(attacks, Attack{Command: "trace_hostile spin 4", Policy: guarded, Modes: supervised, Field: true, Limits: short, Check: status(runner.WallLimit)})
}

// strangers holds if a program reports no attempt as ok but those on what is
// its own.
func strangers(o *Outcome) error {
	for name, value := range o.Values {
		if value == "ok" && !strings.HasPrefix(name, "own_") {
			return fmt.Errorf("%s worked", name)
		}
	}
	return nil
}

// raceAttacks change what a call means between its check and its use. Nobody
// may be asked about calls in other modes, so there is nothing to be raced.
func raceAttacks() (attacks []Attack) {
	// Who hides by making one process after the other must be able to.
	limits := runner.Limits{CPU: 30 * time.Second, Wall: 60 * time.Second, Processes: 4096}
	add := func(command string, modes []runner.Mode, checks ...Check) {
		attacks = append(attacks, Attack{Command: command, Policy: guarded, Modes: modes, Field: true, Limits: limits,
			Check: all(append(checks, status(runner.OK))...)})
	}
	const data = " " + fieldPlace + "/public/data " + fieldPlace + "/secret/data 250"
	const run = " " + fieldPlace + "/public/run " + fieldPlace + "/secret/run 250"
	kept := is("leaked", "0")
	for _, kind := range []string{"threads", "shared", "symlink", "rename", "cwd", "cwdtask", "dirfd", "dirtask", "steal"} {
		add("race_path "+kind+data, supervised, kept, some("opened"))
	}
	// In mode notify an exec that others could change is refused from the start.
	add("race_path exec"+run, supervised[:1], kept, some("opened"))
	for _, kind := range []string{"leader", "hop", "fifo", "vfork"} {
		add("race_share "+kind+run, supervised, kept, some("opened", "refused"))
	}
	for _, kind := range []string{"memory", "symlink"} {
		add("race_change "+kind+data, supervised, some("done"), some("refused"))
	}
	for _, kind := range []string{"memory", "descriptor"} {
		add("race_socket "+kind+" "+fieldPlace+" 250", supervised, kept, some("refused"))
	}
	add("race_socket reach "+fieldPlace, supervised, nameless)
	return attacks
}

// nameless holds if no name of a socket was reached, made or told about.
func nameless(o *Outcome) error {
	without := []string{"pair", "tcp", "udp", "nonblocking", "refused", "interrupted"}
	for name, value := range o.Values {
		if value != "EACCES" && !slices.Contains(without, name) {
			return fmt.Errorf("%s is %s, not EACCES", name, value)
		}
	}
	return is("pair", "ok")(o)
}

// some holds if the program reports one of these numbers as not 0: it did try.
func some(names ...string) Check {
	return func(o *Outcome) error {
		for _, name := range names {
			if value := o.Values[name]; value != "" && value != "0" {
				return nil
			}
		}
		return fmt.Errorf("%s: none of it, so that nothing was shown", strings.Join(names, ", "))
	}
}
