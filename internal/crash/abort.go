package crash

import (
	"strings"
)

// longestMessage is of what a program says when it aborts.
const longestMessage = 240

// explainAbort is why a program aborted, by what the C library notes of it, or
// by who called abort.
func (t *thread) explainAbort(e *Evidence, frames []code) string {
	if message := t.abortMessage(frames); message != "" {
		return message
	}
	aborts, throws, terminates, panics, overflows := false, false, false, false, false
	for _, f := range e.Backtrace {
		aborts = aborts || f.Function == "abort"
		throws = throws || f.Function == "__cxa_throw" || f.Function == "__cxa_rethrow"
		terminates = terminates || strings.HasPrefix(f.Function, "std::terminate")
		panics = panics || strings.HasSuffix(f.Function, "rust_panic")
		overflows = overflows || strings.HasPrefix(f.Function, "std::sys::") && strings.Contains(f.Function, "stack_overflow")
	}
	switch {
	case throws && terminates:
		return clean("uncaught C++ exception"+t.exception(frames), longestMessage)
	case terminates:
		return "std::terminate was called"
	case overflows: // Rust's own handler found it
		return "stack overflow"
	case panics:
		return "Rust panic"
	case aborts:
		return "abort was called"
	case e.Code <= 0:
		return t.sent()
	}
	return ""
}

// abortMessage is what glibc keeps for debuggers before it aborts by itself: a
// failed assertion, a corrupted heap, a smashed stack (__abort_msg).
func (t *thread) abortMessage(frames []code) string {
	c := frames[0]
	if c.module == nil {
		return ""
	}
	variable := c.module.variable("__abort_msg")
	if variable == 0 {
		return ""
	}
	address, ok := word(t.memory, variable+c.address-c.virtual)
	if !ok || address == 0 {
		return ""
	}
	const size = 4 // an unsigned int before the text
	return clean(strings.TrimRight(t.text(address+size), "\n"), longestMessage)
}
