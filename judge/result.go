package judge

import (
	"time"

	"github.com/bailiff-judge/bailiff/judge/checker"
	"github.com/bailiff-judge/bailiff/runner"
)

// resultVersion is that of the JSON form. It changes when a field changes its
// meaning or goes away; new fields may come without.
const resultVersion = 1

// Result is what came of a submission. Its JSON form is stable and versioned:
// times in ns, sizes in bytes, null for what there is no evidence of.
type Result struct {
	Version int     `json:"version"`
	Verdict Verdict `json:"verdict"`
	// Score is nil unless the problem is scored.
	Score *float64 `json:"score"`
	// Error says what failed, if Verdict is JudgeError.
	Error string `json:"error,omitempty"`
	// Compile is nil if it did not come to that.
	Compile *Compile `json:"compile"`
	// Tests are all tests of the problem, in order, also those not run.
	Tests []TestResult `json:"tests"`
	// Groups are all groups but the root, each after those within.
	Groups []GroupResult `json:"groups,omitempty"`
	// CPU, Wall and Memory are the largest of all tests, -1 if none was run.
	CPU    time.Duration `json:"cpu_ns"`
	Wall   time.Duration `json:"wall_ns"`
	Memory int64         `json:"memory_bytes"`
	// Limits are those the solution had, with defaults and what its language
	// adds filled in.
	Limits Limits `json:"limits"`
}

// Limits are those of [runner.Limits] that a reader of a result asks for.
// -1 is none.
type Limits struct {
	CPU    time.Duration `json:"cpu_ns"`
	Wall   time.Duration `json:"wall_ns"`
	Memory int64         `json:"memory_bytes"`
	Output int64         `json:"output_bytes"`
}

// Compile is what came of compiling.
type Compile struct {
	OK       bool   `json:"ok"`
	Language string `json:"language"`
	// Toolchain is what the compiler says of its version; "" if not asked.
	Toolchain string `json:"toolchain"`
	// Cached says that nothing was compiled: it was there.
	Cached bool `json:"cached"`
	// Reason says in a few words why it is not OK.
	Reason string `json:"reason,omitempty"`
	// Diagnostics are what compilers wrote, cut at 64 KiB.
	Diagnostics string        `json:"diagnostics"`
	Wall        time.Duration `json:"wall_ns"`
	// Result is the run of the last command, nil if there was none.
	Result *runner.Result `json:"result"`
}

// TestResult is what came of one test.
type TestResult struct {
	Name    string  `json:"name"`
	Verdict Verdict `json:"verdict"`
	// Score is nil unless the problem is scored.
	Score *float64 `json:"score"`
	// Result is the solution's run, nil if it was not run.
	Result *runner.Result `json:"result"`
	// Checker is what the checker, or the interactor, said; nil if not asked.
	Checker *checker.Result `json:"checker"`
	// Interaction is nil unless the problem is interactive.
	Interaction *Interaction `json:"interaction,omitempty"`
	// Reruns are the runs before Result, whose time was so near the limit
	// that the test was run again.
	Reruns []*runner.Result `json:"reruns,omitempty"`
	// NearLimit says that the CPU time was so near its limit that another run
	// may come out differently.
	NearLimit bool `json:"near_limit,omitempty"`
	// Stderr is the beginning of what the solution wrote there, 4 KiB at most.
	Stderr string `json:"stderr,omitempty"`
	// Reason says in one sentence why the verdict is not accepted.
	Reason string `json:"reason,omitempty"`
}

// Interaction is the evidence of an interactive test beside the two runs.
type Interaction struct {
	// Blame is who ended it wrongly: "solution", "interactor" or "".
	Blame string `json:"blame"`
	// Interactor is the interactor's run.
	Interactor *runner.Result `json:"interactor"`
	// Transcript is what was said, if it was asked for.
	Transcript []Message `json:"transcript,omitempty"`
}

// Message is one piece of what was said in an interaction.
type Message struct {
	// At is the time since the start.
	At time.Duration `json:"at_ns"`
	// From is "solution" or "interactor".
	From string `json:"from"`
	Text string `json:"text"`
	// End says that the party closed its output.
	End bool `json:"end,omitempty"`
}

// GroupResult is what came of a group.
type GroupResult struct {
	Name    string  `json:"name"`
	Verdict Verdict `json:"verdict"`
	// Score is nil unless the problem is scored.
	Score *float64 `json:"score"`
}
