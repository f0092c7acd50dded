// Package crash finds out why a program got a fatal signal, from the thread that
// is stopped before it.
//
// Its one idea: say what is known, and leave empty what isn't. The kind of access
// is read off the instruction that failed and the registers it used; where the
// program was is read off its own tables. None of it is a guess.
//
// Those tables are the hostile program's own file. So nothing is read before
// there is a crash, nothing is kept, and whoever reads the tables counts what
// that costs and stops in time ([budget]).
package crash

import (
	"fmt"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// Access is what a program did at the address.
type Access string

const (
	Read    Access = "read"
	Write   Access = "write"
	Execute Access = "execute"
)

// Evidence is what is known of a crash.
type Evidence struct {
	Signal unix.Signal
	// Code is si_code, and CodeName its name: "SEGV_MAPERR". It is "" for codes
	// that have none.
	Code     int
	CodeName string
	// Address is that of the memory, if HasAddress: si_addr, or, where the
	// kernel is not told which it was, the operand's that the instruction can't
	// have used.
	Address    uint64
	HasAddress bool
	// Access is "" if it isn't known.
	Access Access
	// IP is the address of the instruction.
	IP uint64
	// Function and Source (file:line, without directories) are where in the
	// program it was: of the innermost frame whose source is known and isn't a
	// library's, else of the innermost one in the program itself, else of the
	// innermost. They are "" if nothing is known.
	Function, Source string
	// Hint is the cause in plain words, "" if there is nothing to say beyond the
	// signal.
	Hint string
	// Backtrace is the frames, the innermost first. It ends where the tables end.
	Backtrace []Frame
	// Truncated says that the backtrace goes on, or that its tables would have
	// taken too long to read.
	Truncated bool
}

// Frame is one function that is running.
type Frame struct {
	// Address is the instruction's; for all but the innermost one it is where the
	// function will be returned to.
	Address uint64
	// Module is the base name of the file that holds the code, or the kernel's
	// name for what is no file: "[vdso]". It is "" if the address is in none.
	Module string
	// Offset is Address as the module's own tables count, as addr2line(1) takes it.
	Offset uint64
	// Function is its name, demangled, "" if it isn't known.
	Function string
	// Inlined says that the function is part of the next frame's machine code.
	Inlined bool
	// File is the source as the compiler was told, and Line the line in it; ""
	// and 0 if they aren't known.
	File string
	Line int
}

// Source is file:line, without directories: they are the judge's, and mean
// nothing to the author.
func (f Frame) Source() string {
	if f.File == "" {
		return ""
	}
	return path.Base(f.File) + ":" + strconv.Itoa(f.Line)
}

// Name is the function, "main()", or else where it is: "sol+0x1234".
func (f Frame) Name() string {
	switch {
	case f.Function != "" && !strings.Contains(f.Function, "("):
		return f.Function + "()"
	case f.Function != "":
		return f.Function
	case f.Module != "":
		return fmt.Sprintf("%s+%#x", f.Module, f.Offset)
	}
	return fmt.Sprintf("%#x", f.Address)
}

// String is a line of a backtrace.
func (f Frame) String() string {
	text := f.Name()
	if source := f.Source(); source != "" {
		return text + " at " + source
	}
	if f.Function != "" && f.Module != "" {
		text += " in " + f.Module
	}
	return text
}

// String is one line: "segmentation fault: write to address 0x0 (null pointer)
// in solve() at sol.cpp:17".
func (e *Evidence) String() string {
	text := signalWords(e.Signal)
	var details string
	switch {
	case e.Access == Write && e.HasAddress:
		details = fmt.Sprintf("write to address %#x", e.Address)
	case e.Access == Execute && e.HasAddress:
		details = fmt.Sprintf("execution of address %#x", e.Address)
	case e.Access == Read && e.HasAddress:
		details = fmt.Sprintf("read from address %#x", e.Address)
	case e.HasAddress && (e.Signal == unix.SIGSEGV || e.Signal == unix.SIGBUS):
		details = fmt.Sprintf("access to address %#x", e.Address)
	}
	switch {
	case details != "" && e.Hint != "":
		text += ": " + details + " (" + e.Hint + ")"
	case details != "" || e.Hint != "":
		text += ": " + details + e.Hint
	}
	return text + e.where()
}

func (e *Evidence) where() string {
	if e.Function == "" {
		return ""
	}
	text := " in "
	// A fault in a library is its caller's.
	if len(e.Backtrace) > 0 && e.Access != "" {
		switch inner := e.Backtrace[0]; {
		case inner.Name() == e.Function || inner.Module == "":
		case inner.Function != "":
			text += inner.Name() + ", called by "
		default:
			text += inner.Module + ", called by "
		}
	}
	text += e.Function
	if e.Source != "" {
		text += " at " + e.Source
	}
	return text
}

// place sets Function and Source.
func (e *Evidence) place(program string) {
	for _, fits := range []func(*Frame) bool{
		func(f *Frame) bool { return f.File != "" && !f.library() },
		func(f *Frame) bool { return f.File != "" },
		func(f *Frame) bool { return f.Module == program },
		func(f *Frame) bool { return true },
	} {
		for i := range e.Backtrace {
			if f := &e.Backtrace[i]; fits(f) {
				e.Function, e.Source = f.Name(), f.Source()
				return
			}
		}
	}
}

// library says whether a frame's source came with the compiler, by where those
// are kept: its author is not the program's.
func (f *Frame) library() bool {
	for _, prefix := range []string{"/usr/", "/opt/", "/rustc/", "library/std/", "library/core/", "library/alloc/", "library/panic_"} {
		if strings.HasPrefix(f.File, prefix) {
			return true
		}
	}
	return strings.Contains(f.File, "/include/c++/")
}

// clean is text that a hostile program chose, for terminals and logs.
func clean(text string, longest int) string {
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") + "..."
	}
	return strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) || r == utf8.RuneError {
			return '?'
		}
		return r
	}, text)
}
