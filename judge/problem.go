// Package judge says what a submission is worth: it compiles it, runs it on the
// tests of a problem, and has each output checked.
//
// Its one idea: a [Problem] and a [Submission] in, a [Result] out, with an event
// for whatever happens in between. A submission that does not compile, crashes
// or loops is a Result; so is a checker that fails, as judge_error: a Go error
// means that nothing can be said at all.
package judge

import (
	"github.com/bailiff-judge/bailiff/judge/checker"
	"github.com/bailiff-judge/bailiff/runner"
)

// Problem is what a submission is judged by. A Judge may be given the same
// Problem many times, also at the same time; nobody may change it meanwhile.
type Problem struct {
	// Name is short and without spaces, Title is for people; both may be "".
	Name, Title string
	// Limits are those of the solution on each test; zero fields have
	// [runner.DefaultLimits]. Languages add what their runtimes need.
	Limits runner.Limits
	// Root holds all tests.
	Root Group
	// Checker decides about outputs. The zero value compares tokens.
	Checker Checker
	// Interactor talks with the solution, if not nil, and decides. With one of
	// testlib's, a Checker.Program then has the last word on what the
	// interactor has noted down.
	Interactor *Interactor
	// Scored says that the result is a score, not only a verdict.
	Scored bool
	// Warnings are what is odd about the problem's files, one sentence each,
	// with the names of the files.
	Warnings []string
}

// AllTests lists the tests of the group and of those within, in order.
func (g *Group) AllTests() []*Test {
	tests := append([]*Test(nil), g.Tests...)
	for _, sub := range g.Groups {
		tests = append(tests, sub.AllTests()...)
	}
	return tests
}

// Group is a list of tests and groups that are judged in this order, tests
// first, and scored together.
type Group struct {
	// Name is the path from the root, whose own name is "": "secret/2-large".
	Name   string
	Tests  []*Test
	Groups []*Group
	// OnReject is what happens after the first test that is not accepted.
	OnReject OnReject
	// Scoring makes one verdict and score of the group's parts.
	Scoring Scoring
}

// OnReject is what a group does when one of its tests is not accepted.
type OnReject uint8

// Break leaves out the rest of the group, Continue goes on.
const (
	Break OnReject = iota
	Continue
)

// Scoring makes one verdict and, in a problem that is scored, one score of the
// verdicts and scores of a group's tests and groups.
type Scoring struct {
	// Verdict is how the verdict is found.
	Verdict VerdictMode
	// Aggregate is how the score is found.
	Aggregate Aggregate
	// AcceptScore is what a test of the group is worth, unless its own Points
	// say otherwise, and with PassFail what the group is worth; nil is 1.
	// RejectScore is what it is worth if not accepted.
	AcceptScore *float64
	RejectScore float64
	// Least and Most are the range of the group's score, nil where there is
	// no end. A score outside is a judge_error.
	Least, Most *float64
	// Ignore leaves the group out of verdict and score of the one around it,
	// as samples can be: it is judged and shown.
	Ignore bool
	// Requires are names of groups that must be accepted, or this one is not
	// judged.
	Requires []string
}

// VerdictMode is how a group's verdict is made of those of its parts.
type VerdictMode uint8

// The ways to a verdict.
const (
	// FirstError is the first that is not accepted, in order.
	FirstError VerdictMode = iota
	// WorstError is the worst: judge_error, then the others in the order in
	// which the verdicts are declared, backwards.
	WorstError
	// AnyAccepted is accepted if one is.
	AnyAccepted
	// AlwaysAccepted is accepted, but for judge_error.
	AlwaysAccepted
)

// Aggregate is how a group's score is made of those of its parts.
type Aggregate uint8

// The ways to a score.
const (
	// Sum adds up.
	Sum Aggregate = iota
	// Min and Max are the least and the largest.
	Min
	Max
	// Average is the mean.
	Average
	// PassFail is the group's AcceptScore if all are accepted, else its
	// RejectScore.
	PassFail
	// UntilError adds up to the first that is not accepted.
	UntilError
)

// Test is one run of a solution.
type Test struct {
	// Name is unique in the problem: "secret/2-large/07".
	Name string
	// Input and Answer are paths; "" is empty.
	Input, Answer string
	// Args are arguments for the solution.
	Args []string
	// CheckerArgs are arguments for the checker: for a program, after the
	// protocol's own; for a built-in one, the flags of Kattis's default output
	// validator (see [checker.Flags]).
	CheckerArgs []string
	// InteractorArgs are the same for the interactor.
	InteractorArgs []string
	// Points are what the test is worth in a problem that is scored, nil for
	// what its group says.
	Points *float64
}

// Checker decides whether an output is right: a built-in one, unless Program
// is set.
type Checker struct {
	// Compare is the built-in one; nil is checker.Tokens{}.
	Compare checker.Comparer
	// Program is a checker in its sources, that speaks Protocol.
	Program  *Program
	Protocol checker.Protocol
}

// Interactor is a program that talks with the solution, and speaks Protocol.
type Interactor struct {
	Program  Program
	Protocol checker.Protocol
}

// Program is a program of the problem's own: a checker, an interactor.
type Program struct {
	// Name is for messages: "output_validators/check.cpp".
	Name string
	// Sources are its files. If one language is found for them, Language may
	// be "".
	Sources  []Source
	Language string
	// Args come after the protocol's own, before those of tests.
	Args []string
	// Limits are its own on each test; zero fields are [ProgramLimits].
	Limits runner.Limits
}

// Submission is what is judged.
type Submission struct {
	// Name is for messages and reports.
	Name string
	// Sources are its files. If one language is found for them, Language may
	// be "".
	Sources  []Source
	Language string
}
