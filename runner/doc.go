// Package runner runs one program nobody trusts and says what happened to it.
//
// Its one idea: a run is a [Spec] in and a [Result] out. A program that
// misbehaves is a Result; a Go error means that the runner itself could not do
// its job, and names what failed. The status in a Result is a pure function of
// evidence that the Result carries along: counters, the limit that was hit,
// and the name of whatever measured it.
//
// A [Sandbox] is made once and runs any number of programs, also at the same
// time:
//
//	sandbox, err := runner.New(runner.Options{})
//	...
//	defer sandbox.Close()
//	result, err := sandbox.Run(ctx, runner.Spec{
//		Args:   []string{"/usr/bin/python3", "-c", "print(6*7)"},
//		Stdout: &output,
//		Limits: runner.Limits{CPU: time.Second, Memory: 256 << 20},
//	})
//
// # The life of a run
//
// Two processes make a run. The first is a program of one page that does
// nothing but be pid 1 (package internal/initstub): it is started with new
// mount, pid, network, IPC and UTS namespaces, and builds the file system
// view. The second is the program: it joins those namespaces and the run's
// cgroup, gives up every right, loads its filter and is executed. So it is
// never pid 1, and its end is told to the judge directly, as of a child of its
// own. Then pid 1 is killed, and with it, by the kernel, all that was started
// in the namespace. What they used is read from the cgroup once nobody is left
// to use more.
//
// The first process, its namespaces and its mounts cost most of a run, so they are
// used again where it can be proved that no program finds a trace of another in
// them: see [Pool]. A run whose end is not clean, or had to be brought about, costs
// the sandbox; others are made ahead, as many as are used. [Sandbox.Stats] says what
// came of it.
//
// If the judge dies, pid 1 sees its end of a pipe close, and ends the same way.
package runner
