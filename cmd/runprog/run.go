package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/runner"
)

// runOptions are the flags of run.
type runOptions struct {
	stdin, stdout, stderr string
	limits                runner.Limits
	policy                string
	read, write           []string
	env                   []string
	dir                   string
	loopback              bool
	host                  bool
	mode                  string
	trace                 string
	noCrash               bool
	format                string
	result                string
	explain               bool
	bestEffort, subIDs    bool
	verbose               bool
	repeat                repeatOptions
}

// modes are the words of --mode.
var modes = []string{"auto", "ns", "ptrace", "notify", "pool"}

func runCommand() *cobra.Command {
	o := &runOptions{mode: "auto", format: "text", policy: "default"}
	cmd := &cobra.Command{
		Use:   "run [flags] -- PROGRAM [ARGS...]",
		Short: "Run one program and say what happened to it",
		Long: `run starts one program in a sandbox of its own, holds it to its limits, and
prints one result to stderr (or to --result).

The program sees the system's directories and the files named on the command
line, all read-only, and an empty directory, in memory, in the place of this
one: what it writes there is gone afterwards. It has no network, sees no other
process, and runs as nobody in particular. More is shown with --read and --write.

Limits hold for all its processes together. A flag that is left out has its
default; "unlimited" takes a limit away. TIME is as in 1.5s, 200ms or a number
of seconds; SIZE is as in 64M or a number of bytes.

Exit status: 0 the verdict is ok, 1 any other verdict (memory_limit, time_limit,
wall_limit, output_limit, violation, runtime_error), 2 there is no verdict,
because the command line is wrong or runprog itself failed.`,
		Example: `  # Compile a program, and run it on an input
  gcc -O2 -o a.out sol.c
  runprog run --stdin 1.in --stdout 1.out -- ./a.out

  # One second of CPU time and 256 MiB; pipes work as well
  echo 1 2 | runprog run --cpu 1s --memory 256M -- ./a.out

  # An interpreter; a runtime with threads needs more than one process
  runprog run -- python3 sol.py
  runprog run --procs 64 --memory 1G -- java -cp . Main

  # A directory that the program may write to, and a result for a machine
  runprog run --write /srv/out:/out --format json --result r.json -- ./a.out /out

  # The same again, as far as this machine can
  runprog run --repeatable --margin 5 -- ./a.out

  # What would be done, one system call a line
  runprog run --explain -- ./a.out`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return run(cmd.Context(), o, args) },
	}
	o.define(cmd)
	return cmd
}

func (o *runOptions) define(cmd *cobra.Command) {
	f := cmd.Flags()
	f.SortFlags = false
	f.SetInterspersed(false) // what follows the program's name is the program's
	d := runner.DefaultLimits()

	f.Var(timeLimit{&o.limits.CPU}, "cpu", "user and system time (default "+d.CPU.String()+")")
	f.Var(timeLimit{&o.limits.Wall}, "wall", "time from start to end (default three times --cpu, and 1s)")
	f.Var(sizeLimit{&o.limits.Memory}, "memory", "memory, swap off (default "+countText(d.Memory, "KMGT")+")")
	f.Var(sizeLimit{&o.limits.Output}, "output", "bytes to stdout and stderr together (default "+countText(d.Output, "KMGT")+")")
	f.Var(sizeLimit{&o.limits.Stack}, "stack", "stack of the first thread (default "+countText(d.Stack, "KMGT")+")")
	f.Var(sizeLimit{&o.limits.FileSize}, "file-size", "size of each file it writes (default "+countText(d.FileSize, "KMGT")+")")
	f.Var(countLimit{&o.limits.Processes}, "procs", "processes and threads at one time (default "+countText(int64(d.Processes), "")+")")
	f.Var(countLimit{&o.limits.OpenFiles}, "files", "open files of each process (default "+countText(int64(d.OpenFiles), "")+")")

	f.StringVar(&o.stdin, "stdin", "", "`FILE` to read stdin from, instead of this command's")
	f.StringVar(&o.stdout, "stdout", "", "`FILE` to write stdout to")
	f.StringVar(&o.stderr, "stderr", "", "`FILE` to write stderr to; the same as --stdout joins both")
	f.StringArrayVar(&o.env, "env", nil, "`NAME=VALUE` for the environment; NAME alone passes it on (repeatable)")
	f.StringVar(&o.dir, "dir", "", "working `DIRECTORY` in the sandbox (default this one, empty and writable)")

	f.StringArrayVar(&o.read, "read", nil, "`PATH` to show read-only: SOURCE, SOURCE:TARGET or SOURCE:TARGET:ATTRIBUTES (repeatable)")
	f.StringArrayVar(&o.write, "write", nil, "`PATH` to show writable, as with --read (repeatable)")
	f.BoolVar(&o.loopback, "loopback", false, "a network with nothing but 127.0.0.1 and ::1 in it")
	f.BoolVar(&o.host, "host", false, "leave the program in this machine's file system, and ask about each file: only the system's directories, files on the command line, --read and --write")
	f.StringVar(&o.policy, "policy", o.policy, "system calls allowed: a `NAME|FILE`")
	f.Var(choice{&o.mode, "MODE", modes}, "mode", "how to watch the program: "+strings.Join(modes, ", "))
	f.StringVar(&o.trace, "trace", "", "`FILE` to write each system call and signal to, like strace (mode ptrace; - is stderr)")
	f.BoolVar(&o.noCrash, "no-crash", false, "don't look at a program that crashes")
	f.BoolVar(&o.bestEffort, "best-effort", false, "run even if a limit can't be enforced here")
	f.BoolVar(&o.subIDs, "sub-ids", false, "as an ordinary user: give the program an id of /etc/subuid instead of the caller's own; not in mode notify")
	o.repeat.define(f)

	f.Var(choice{&o.format, "FORMAT", formatNames()}, "format", "of the result: "+strings.Join(formatNames(), ", "))
	f.StringVar(&o.result, "result", "", "`FILE` to write the result to, instead of stderr")
	f.BoolVar(&o.explain, "explain", false, "print what would be done, and do nothing")
	f.BoolVar(&o.verbose, "verbose", false, "log to stderr what the sandbox does")

	complete(cmd, "policy", policy.Names(), cobra.ShellCompDirectiveDefault) // files, too
	complete(cmd, "mode", modes, cobra.ShellCompDirectiveNoFileComp)
	complete(cmd, "format", formatNames(), cobra.ShellCompDirectiveNoFileComp)
}

// complete tells shells what a flag's value can be.
func complete(cmd *cobra.Command, flag string, words []string, directive cobra.ShellCompDirective) {
	err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, directive))
	if err != nil {
		panic(err) // no such flag: this file contradicts itself
	}
}
