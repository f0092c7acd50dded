// Package script turns set-up into data: the parent writes down every raw
// system call a child will make, with arguments that are already numbers and
// addresses, and the child only walks the list.
//
// A [Call] is one row as its author writes it. [Assemble] lays the rows and
// everything they point at out in one piece of memory that does not move and
// is never written again. An [Instance] is what differs from start to start:
// descriptors, results, the place where a failure is reported. The walk
// itself is a loop of assembly (walk_amd64.s, walk_arm64.s): it uses no
// stack, calls nothing and allocates nothing, so it may run in a process that
// shares its memory with the parent.
package script

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Step says which part of the set-up a call belongs to; it is the first word
// of an error message ("mount[3] /usr: permission denied").
type Step string

// Kind says what the walker does with a row's result.
type Kind uint8

const (
	// Plain goes on to the next row if the call succeeds.
	Plain Kind = iota
	// Fork is a clone: the child goes on with the next row, the caller with
	// the next Parent row.
	Fork
	// Wait is a FUTEX_WAIT that is repeated while the word at its first
	// argument still has the value of its third.
	Wait
	// Parent is a plain row, the first of those for the caller of a Fork.
	Parent
	// Stand is a FUTEX_WAIT on the word at its first argument, which is 0, until
	// [Instance.Give] has put a job there; then the process walks the job's rows.
	Stand
	// Back is the last row of a job: the process goes back to its Stand row.
	Back
)

// Call is one system call of a script.
type Call struct {
	Step  Step
	Index int    // position within the step, for errors; -1 if there is only one
	Name  string // the thing it is about: a path, a limit's name
	Nr    uintptr
	Args  []Arg // at most six
	// Ignore lists at most two errors that do not stop the script.
	Ignore []unix.Errno
	Kind   Kind
	// Out, if not empty, names the value that the result becomes; later
	// calls take it as an argument with [Value]. OutWord is which word of its
	// room takes it, where that is a structure.
	Out     Var
	OutWord int
	// Uses names variables of one word that no argument names, because their
	// address is inside a structure ([Instance.Pointer]).
	Uses []Var
}

// Var names one or more words of an [Instance]: a number given to one start
// (a descriptor), the result of an earlier call, or room for the kernel to
// write into. The author of a script chooses the name; "" names nothing.
type Var string

type argKind uint8

const (
	immediate argKind = iota
	pointer           // the address of a copy of data
	vector            // the address of a NULL-terminated array of C strings
	variable          // the value of a Var
	reference         // the address of a Var
)

// Arg is one argument of a call.
type Arg struct {
	kind  argKind
	value uintptr  // immediate; reference: how many words
	data  string   // pointer
	list  []string // vector
	name  Var      // variable, reference
	text  string   // printed instead, where it says more
}

type integer interface {
	~int | ~int32 | ~int64 | ~uint | ~uint16 | ~uint32 | ~uint64 | ~uintptr
}

// Int is a number, printed as a decimal.
func Int[T integer](v T) Arg { return Arg{value: uintptr(v)} }

// Symbol is a number that prints as text: flags, a constant's name.
func Symbol[T integer](v T, text string) Arg { return Arg{value: uintptr(v), text: text} }

// Null is a null pointer.
func Null() Arg { return Arg{text: "NULL"} }

// CWD is AT_FDCWD.
func CWD() Arg {
	fd := unix.AT_FDCWD
	return Symbol(fd, "AT_FDCWD")
}

// String is the address of a NUL-terminated copy of s. [Assemble] refuses an
// s that contains a NUL, which would cut it short.
func String(s string) Arg { return Arg{kind: pointer, data: s} }

// Bytes is the address of an 8-byte aligned copy of b, which prints as text.
func Bytes(b []byte, text string) Arg {
	return Arg{kind: pointer, data: string(b), text: text}
}

// Strings is the address of a NULL-terminated array of C strings, as execve
// takes them.
func Strings(list []string) Arg { return Arg{kind: vector, list: list} }

// Value is the number that v names when the call is made.
func Value(v Var) Arg { return Arg{kind: variable, name: v} }

// Address is the address of v, which has room for as many 64-bit words as
// the largest count it is asked for with.
func Address(v Var, words int) Arg { return Arg{kind: reference, name: v, value: uintptr(words)} }

// Describe gives arg a text to print instead of its own.
func Describe(arg Arg, text string) Arg {
	arg.text = text
	return arg
}

// String prints the argument as C-like text.
func (a Arg) String() string {
	switch {
	case a.text != "":
		return a.text
	case a.kind == pointer:
		return strconv.Quote(a.data)
	case a.kind == vector:
		return fmt.Sprintf("%q", a.list)
	case a.kind == variable:
		return "$" + string(a.name)
	case a.kind == reference:
		return "&$" + string(a.name)
	default:
		return strconv.FormatInt(int64(a.value), 10)
	}
}

// String prints the call as one line of C-like text.
func (c Call) String() string {
	var line strings.Builder
	if c.Out != "" {
		fmt.Fprintf(&line, "$%s = ", c.Out)
	}
	line.WriteString(syscallName(c.Nr) + "(")
	for i, arg := range c.Args {
		if i > 0 {
			line.WriteString(", ")
		}
		line.WriteString(arg.String())
	}
	line.WriteString(")")
	for i, errno := range c.Ignore {
		line.WriteString([]string{"  # or ", ", "}[min(i, 1)] + unix.ErrnoName(errno))
	}
	return line.String()
}

// Where names the row as errors do: "mount[3] /usr", "setsid".
func (c Call) Where() string {
	where := string(c.Step)
	if c.Index >= 0 {
		where += fmt.Sprintf("[%d]", c.Index)
	}
	if c.Name != "" {
		where += " " + c.Name
	}
	return where
}
