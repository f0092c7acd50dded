package seccomp

import (
	"fmt"
	"slices"

	"golang.org/x/sys/unix"
)

// Evaluate is what the kernel does with a call under this filter alone.
func (f *Filter) Evaluate(d *Data) Action { return Stack{f}.Evaluate(d) }

// Stack is the filters of a process, in the order in which they were loaded. A
// process can add filters and never remove one.
type Stack []*Filter

// Evaluate is what the kernel does with a call. All filters are run, the
// newest first, and the least permissive action wins; of equal ones the first
// found, with its data (seccomp_run_filters). An action the kernel doesn't
// know is KillProcess. Without filters everything is allowed.
//
// Trace and Notify say who is asked; [Action.Unwatched] is the outcome if
// nobody is there.
func (s Stack) Evaluate(d *Data) Action {
	decided := Allow
	for _, f := range slices.Backward(s) {
		result, _ := run(f.program, d)
		// By their sign, kill_process comes before kill_thread, which is 0.
		if int32(result.Kind()) < int32(decided.Kind()) {
			decided = result
		}
	}
	if _, known := actionNames[decided.Kind()]; !known {
		return KillProcess
	}
	if decided.Kind() == Errno(0) {
		return Errno(unix.Errno(decided.Data()))
	}
	return decided
}

const (
	maxStack = 32768 // MAX_INSNS_PER_PATH in kernel/seccomp.c
	penalty  = 4
)

// TooLongError is a stack of filters that the kernel refuses with ENOMEM.
type TooLongError struct {
	// Index is the first filter that it wouldn't load.
	Index int
	// Length is what the kernel would count with it.
	Length int
}

func (e *TooLongError) Error() string {
	return fmt.Sprintf("seccomp: filter %d makes the stack %d instructions long as the kernel counts, %d are allowed", e.Index, e.Length, maxStack)
}

// Unwrap is ENOMEM.
func (e *TooLongError) Unwrap() error { return unix.ENOMEM }

// Check says whether the kernel would load all these filters. It adds up the
// programs as it has translated them to its own machine, and 4 for each filter
// already there; more than 32,768 are refused with a [TooLongError].
func (s Stack) Check() error {
	loaded := 0
	for i, f := range s {
		length := translatedLength(f.program)
		if loaded+length > maxStack {
			return &TooLongError{Index: i, Length: loaded + length}
		}
		loaded += length + penalty
	}
	return nil
}

// translatedLength is how many instructions of the kernel's machine
// bpf_convert_filter (net/core/filter.c) makes of a program.
func translatedLength(program []unix.SockFilter) int {
	length := 3 // A = 0, X = 0, the context
	for _, in := range program {
		length++
		switch {
		case in.Code == codeReturn: // the value, and the exit
			length++
		case in.Code == alu|unix.BPF_DIV|operandX: // X widened; if it is 0, return 0
			length += 4
		case isJump(in.Code) && in.Code != codeJump:
			// Its constants have a sign, so that a large one takes a register.
			if in.Code&operandX == 0 && int32(in.K) < 0 {
				length++
			}
			// Its jumps have one target; all but "bits set" can be negated.
			negated := in.Jt == 0 && in.Code&0xf0 != unix.BPF_JSET
			if in.Jf != 0 && !negated {
				length++
			}
		}
	}
	return length
}
