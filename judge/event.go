package judge

// Event is something that has happened while a submission is judged.
type Event struct {
	Kind EventKind
	// Problem is what it is judged by; its tests are known from the beginning.
	Problem *Problem
	// Compile is what came of compiling, from Compiled on.
	Compile *Compile
	// Test is the number of the test in [Group.AllTests], of TestStarted and
	// TestFinished.
	Test int
	// TestResult is that of TestFinished.
	TestResult *TestResult
	// Result is that of Done.
	Result *Result
}

// EventKind is what has happened.
type EventKind uint8

// The events, in the order in which they come.
const (
	// Compiling: the solution, and the problem's own programs.
	Compiling EventKind = iota
	// Preparing: something is made once for a toolchain of this machine, which may
	// take a minute; what it is compiled with from then on is there.
	Preparing
	// Compiled: whether it was good or not.
	Compiled
	// TestStarted: tests may run side by side, so several can have started.
	TestStarted
	// TestFinished comes in the order of the tests, whatever the order in which
	// they are done: what it says is final. Tests that are not run come, too,
	// as skipped.
	TestFinished
	// Done is the last.
	Done
)

var eventNames = [...]string{
	Compiling: "compiling", Preparing: "preparing", Compiled: "compiled", TestStarted: "test_started", TestFinished: "test_finished", Done: "done",
}

// String returns the event's name, such as "test_finished".
func (k EventKind) String() string { return eventNames[k] }

// MarshalText writes the event's name.
func (k EventKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }
