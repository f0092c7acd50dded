package main

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/runner"
)

// repeatOptions are the flags of run about runs that come out the same again.
type repeatOptions struct {
	all          bool
	noASLR       bool
	noTSC        bool
	cpus         []int
	instructions bool
	margin       float64
}

func (o *repeatOptions) define(f *pflag.FlagSet) {
	f.BoolVar(&o.all, "repeatable", false, "have nothing differ from run to run that can be kept from it here: addresses, clocks since the start, seeds of hash tables, and one CPU; --verbose says what can't be")
	f.BoolVar(&o.noASLR, "no-aslr", false, "put the program, its stack, heap and libraries at the same addresses in each run")
	f.BoolVar(&o.noTSC, "no-tsc", false, "SIGSEGV for reading the processor's time-stamp counter; only static programs that ask for no time do without it")
	f.Var(cpuList{&o.cpus}, "cpus", "CPUs to run on, as in 0,2-3")
	f.BoolVar(&o.instructions, "instructions", false, "count the instructions of the program, where the processor can")
	f.Float64Var(&o.margin, "margin", 0, "`PERCENT` of --cpu and --wall that a program may be over them before it is stopped, and how near to them the result says that it was")
}

// apply makes them the spec's.
func (o *repeatOptions) apply(sandbox *runner.Sandbox, spec *runner.Spec, log *slog.Logger) error {
	if !(o.margin >= 0 && o.margin <= 100) { // NaN is neither
		return fmt.Errorf("--margin %v: a margin is a percentage from 0 to 100", o.margin)
	}
	spec.Margin, spec.Instructions, spec.CPUs = o.margin/100, o.instructions, o.cpus
	if o.all {
		all, lacking := sandbox.Repeatable()
		spec.Repeatable = all
		for _, l := range lacking {
			log.Warn("not repeatable", "what", l.Name, "reason", l.Err)
		}
		if !o.noTSC {
			log.Info("not repeatable: the time-stamp counter can be read, since most programs need it; --no-tsc refuses it")
		}
		if spec.CPUs == nil {
			cpu, err := lastCPU()
			if err != nil {
				return err
			}
			spec.CPUs = []int{cpu}
		}
	}
	spec.Repeatable.Addresses = spec.Repeatable.Addresses || o.noASLR
	spec.Repeatable.NoTSC = o.noTSC
	return nil
}

// lastCPU is the last that this process may run on: on the first the kernel has
// most of its own work done.
func lastCPU() (int, error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return 0, fmt.Errorf("--repeatable: on which CPUs one may run: %w: name one with --cpus", err)
	}
	cpu := maxCPU
	for cpu > 0 && !set.IsSet(cpu) {
		cpu--
	}
	return cpu, nil
}

// repeatFlags are the flags of what may be lacking.
var repeatFlags = map[string]string{"addresses": "no-aslr", "no_tsc": "no-tsc"}

// withoutRepeatable says which flag asks for what can't be had.
func withoutRepeatable(err error) error {
	lacking, is := errors.AsType[*runner.RepeatableError](err)
	if !is {
		return err
	}
	return fmt.Errorf("--%s can't be had here: %w: leave it out", repeatFlags[lacking.Name], lacking.Err)
}

// cpuList is a list of CPUs, as the kernel writes it (cpuset(7)).
type cpuList struct{ value *[]int }

// maxCPU is the highest number that there can be.
const maxCPU = 1023

func (l cpuList) Set(text string) error {
	mend := fmt.Errorf("no list of CPUs: write numbers from 0 to %d and ranges of them, as in 0,2-3", maxCPU)
	var cpus []int
	for part := range strings.SplitSeq(text, ",") {
		low, high, ranged := strings.Cut(part, "-")
		if !ranged {
			high = low
		}
		first, err := strconv.ParseUint(low, 10, 16)
		if err != nil {
			return mend
		}
		last, err := strconv.ParseUint(high, 10, 16)
		if err != nil || first > last || last > maxCPU {
			return mend
		}
		for cpu := int(first); cpu <= int(last); cpu++ {
			cpus = append(cpus, cpu)
		}
	}
	slices.Sort(cpus)
	*l.value = slices.Compact(cpus)
	return nil
}

func (l cpuList) String() string {
	if l.value == nil || *l.value == nil {
		return ""
	}
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(*l.value), " ", ","), "[]")
}

func (cpuList) Type() string { return "LIST" }
