package supervisor

import "golang.org/x/sys/unix"

// Handler decides about calls. Back ends ask it from one goroutine for each run,
// and the run waits for its answer. It must not keep the Call.
type Handler interface {
	Enter(*Call) Answer
}

// HandlerFunc is a function as a Handler.
type HandlerFunc func(*Call) Answer

// Enter calls f.
func (f HandlerFunc) Enter(c *Call) Answer { return f(c) }

// Kind is what an [Answer] does.
type Kind uint8

const (
	// Allow lets the call happen. It is the zero value.
	Allow Kind = iota
	// Fail makes it fail with Errno, without happening.
	Fail
	// Fake makes it return Value, without happening.
	Fake
	// Kill ends the run; the call does not happen.
	Kill
)

// Answer is what a Handler decides.
type Answer struct {
	Kind  Kind
	Errno unix.Errno // of Fail
	Value int64      // of Fake
	// Exit, if not nil, is called with what an allowed call returned, -errno
	// if it failed, before the thread goes on. Only ptracer can.
	Exit func(c *Call, result int64)
	// Rule says why, for messages and logs: the policy's rule.
	Rule string
}
