package checker

import (
	"fmt"

	"github.com/bailiff-judge/bailiff/runner"
)

// Outcome is what a checker says of an output.
type Outcome uint8

// The outcomes. The zero value is the one that accuses nobody but the judge.
const (
	// Failed: the checker could not do its work, or says that the judge's own
	// files are wrong. Never the contestant's fault.
	Failed Outcome = iota
	// Accepted: the output is right, or right in part (see [Result.Score]).
	Accepted
	// WrongAnswer: it is not.
	WrongAnswer
	// PresentationError: it can't be read as an answer.
	PresentationError
)

// outcomeNames is the vocabulary: index, text form.
var outcomeNames = [...]string{
	Failed:            "judge_error",
	Accepted:          "accepted",
	WrongAnswer:       "wrong_answer",
	PresentationError: "presentation_error",
}

// String returns the outcome's name, such as "wrong_answer".
func (o Outcome) String() string {
	if int(o) < len(outcomeNames) {
		return outcomeNames[o]
	}
	return fmt.Sprintf("outcome(%d)", uint8(o))
}

// MarshalText writes the outcome's name.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads an outcome's name.
func (o *Outcome) UnmarshalText(text []byte) error {
	for i, name := range outcomeNames {
		if name == string(text) {
			*o = Outcome(i)
			return nil
		}
	}
	return fmt.Errorf("checker: no outcome %q: have %q", text, outcomeNames)
}

// Result is a checker's answer, and the evidence for it.
type Result struct {
	Outcome Outcome `json:"outcome"`
	// Score is in points, nil if the checker gave none; Fraction is a part of
	// the test's full points, where it gave that instead.
	Score    *float64 `json:"score"`
	Fraction *float64 `json:"fraction"`
	// Message is for judges and setters, TeamMessage for contestants. Both
	// may hold what the contestant wrote; neither is longer than 4 KiB.
	Message     string `json:"message"`
	TeamMessage string `json:"team_message"`
	// Mismatch is the first difference, as built-in checkers find it.
	Mismatch *Mismatch `json:"mismatch"`
	// Run is that of a program checker; nil of a built-in one.
	Run *runner.Result `json:"run"`
}

// Mismatch is the first place at which an output is not as the answer has it.
type Mismatch struct {
	// Reason says in a few words what differs.
	Reason string `json:"reason"`
	// Output and Answer are the two places.
	Output Place `json:"output"`
	Answer Place `json:"answer"`
}

// Place is a place in a text.
type Place struct {
	// Line and Column count from 1; columns are bytes.
	Line   int64 `json:"line"`
	Column int64 `json:"column"`
	// Found is the token or line there, cut to a sane length, with what can't
	// be printed escaped as Go does; "" at the end of the text.
	Found string `json:"found"`
	// Before and After are what stands around it on its line, cut likewise.
	Before string `json:"before"`
	After  string `json:"after"`
	// End says that the text ends there.
	End bool `json:"end"`
}
