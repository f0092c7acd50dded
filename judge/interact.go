package judge

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/judge/checker"
	"github.com/bailiff-judge/bailiff/runner"
)

// The parties of an interactive test, and the links between them.
const (
	theSolution   = 0
	theInteractor = 1
	toInteractor  = 0
	toSolution    = 1
)

// partyNames are how reports call them.
var partyNames = [...]string{theSolution: "solution", theInteractor: "interactor"}

// How long one party gets when the other's end has decided the test: the
// solution, since it may have ended by itself, unnoticed yet; the interactor,
// to write down why.
const (
	graceSolution   = 100 * time.Millisecond
	graceInteractor = time.Second
)

// interactive is what an interactive test needs.
type interactive struct {
	sandbox              *runner.Sandbox
	solution, interactor runner.Spec
	record               bool
	// answer reads what an interactor said that ended by itself: its exit code,
	// and what it wrote beside. It is called once.
	answer func(*runner.Result) checker.Result
}

// interacted is what came of it.
type interacted struct {
	verdict     Verdict
	reason      string
	solution    *runner.Result
	checker     *checker.Result // nil if the interactor didn't end by itself
	interaction Interaction
}

// run lets the two talk, and says who is to blame.
func (t interactive) run(ctx context.Context) (*interacted, error) {
	var answer *checker.Result
	var timers []*time.Timer
	d := Dialogue{
		Parties: []Party{{partyNames[theSolution], t.solution}, {partyNames[theInteractor], t.interactor}},
		Links:   []Link{{theSolution, 1, theInteractor, 0}, {theInteractor, 1, theSolution, 0}},
		Record:  t.record,
		Ended: func(party int, result *runner.Result, stop func(int)) {
			later := func(grace time.Duration, other int) {
				timers = append(timers, time.AfterFunc(grace, func() { stop(other) }))
			}
			switch {
			case party == theInteractor && exited(result):
				said := t.answer(result)
				answer = &said
				if said.Outcome != checker.Accepted {
					later(graceSolution, theSolution)
				}
			case party == theInteractor:
				later(graceSolution, theSolution)
			case settled(result):
				later(graceInteractor, theInteractor)
			}
		},
	}
	c, err := d.Run(ctx, t.sandbox)
	for _, timer := range timers {
		timer.Stop()
	}
	if err != nil {
		return nil, err
	}
	e := encounter{
		solution: c.Results[theSolution], solutionStopped: c.Stopped[theSolution],
		interactor: c.Results[theInteractor], interactorStopped: c.Stopped[theInteractor],
		interactorFirst: c.EndedBefore(theInteractor, theSolution),
		deaf:            c.hungUp(toInteractor), solutionDeaf: c.hungUp(toSolution),
		answer: answer,
	}
	verdict, blame, reason := e.blame()
	return &interacted{
		verdict: verdict, reason: reason, solution: e.solution, checker: answer,
		interaction: Interaction{Blame: blame, Interactor: e.interactor, Transcript: c.Messages},
	}, nil
}

// exited says whether a program ended by an exit of its own.
func exited(r *runner.Result) bool {
	return r.Status == runner.OK || r.Status == runner.RuntimeError && r.Signal == 0
}

// settled says whether a solution's end decides the test, whatever the
// interactor may still say. If it waited in vain, that may be the interactor's
// fault; if nobody listened to it, that may be what the interactor wants.
func settled(r *runner.Result) bool {
	return r.Status != runner.OK && r.Status != runner.WallLimit && r.Status != runner.InternalError && r.Signal != unix.SIGPIPE
}

// encounter is all that blame is decided by.
type encounter struct {
	solution, interactor               *runner.Result
	solutionStopped, interactorStopped bool
	// interactorFirst: the interactor ended before the solution.
	interactorFirst bool
	// deaf: the interactor stopped listening before the solution stopped
	// talking. solutionDeaf: the other way around.
	deaf, solutionDeaf bool
	answer             *checker.Result
}

// blame decides as Kattis's problem package format and DOMjudge do. The
// interactor's rejection counts if it came before the solution's own failure,
// for after it a solution can only fail. Else a failed solution is to blame,
// else the interactor's word counts. An interactor that fails is a judge's
// error, unless it was the solution that left it alone.
func (e *encounter) blame() (_ Verdict, blame, reason string) {
	solution, interactor := partyNames[theSolution], partyNames[theInteractor]
	failed := e.solution.Status != runner.OK && !e.solutionStopped && !e.pipeBroken()
	said := checker.Failed
	if e.answer != nil {
		said = e.answer.Outcome
	}
	rejected := said == checker.WrongAnswer || said == checker.PresentationError
	switch {
	case rejected && (!failed || e.interactorFirst):
		return outcomeVerdict(said), solution, e.say("the interactor rejected the solution")
	case e.interactorOverLimit() && (!failed || e.interactorFirst || e.solution.Status == runner.WallLimit):
		return JudgeError, interactor, "the interactor: " + runReason(e.interactor)
	case e.answer != nil && said == checker.Failed && (!failed || e.interactorFirst):
		return JudgeError, interactor, e.say("the interactor failed" + e.afterSolution())
	case failed:
		return runVerdict(e.solution), solution, e.failure()
	case e.answer == nil && e.interactor.Signal == unix.SIGPIPE && e.solutionDeaf:
		return WrongAnswer, solution, "the solution ended, or closed its input, while the interactor was still talking to it"
	case e.answer == nil:
		return JudgeError, interactor, "the interactor was ended by " + signalText(e.interactor) + e.afterSolution()
	case said == checker.Accepted && e.solutionStopped:
		return JudgeError, "", "the solution was stopped without a reason" // can't be
	}
	return Accepted, "", ""
}

// pipeBroken says whether the solution died of talking to an interactor that no
// longer listened: no failure of its own, since that is for the interactor to judge.
func (e *encounter) pipeBroken() bool {
	return e.solution.Status == runner.RuntimeError && e.solution.Signal == unix.SIGPIPE && (e.deaf || e.interactorFirst)
}

func (e *encounter) interactorOverLimit() bool {
	s := e.interactor.Status
	return !e.interactorStopped && s != runner.OK && s != runner.RuntimeError
}

// say adds the interactor's message to a sentence.
func (e *encounter) say(what string) string {
	if first, _, _ := strings.Cut(strings.TrimSpace(e.answer.Message), "\n"); first != "" {
		return what + ": " + first
	}
	return what
}

// afterSolution is a hint for the interactor's author.
func (e *encounter) afterSolution() string {
	if e.interactorFirst {
		return ""
	}
	return ", after the solution had ended: it must be prepared for the end of its input, and for a write that fails"
}

// failure says what the solution did.
func (e *encounter) failure() string {
	r := e.solution
	if r.Status == runner.WallLimit && r.CPU != runner.Unmeasured && r.CPU < r.Wall/2 {
		return runReason(r) + " Or does it not flush what it writes?"
	}
	return runReason(r)
}

func signalText(r *runner.Result) string {
	if r.Signal == 0 {
		return r.Status.String()
	}
	return unix.SignalName(r.Signal)
}

// WriteTranscript writes what was said, one line for each: > before what the
// solution said, < before what the interactor did, and the seconds since the
// start. What can't be printed is escaped as in Go; a line that is not ended
// when the other one speaks, or the party closes its output, ends with a
// backslash.
func WriteTranscript(w io.Writer, messages []Message) error {
	var open *Message // the beginning of a line
	line := func(m *Message, end string) error {
		mark := ">"
		if m.From == partyNames[theInteractor] {
			mark = "<"
		}
		text := strings.ReplaceAll(strings.Trim(strconv.Quote(m.Text), `"`), `\"`, `"`)
		_, err := fmt.Fprintf(w, "%s %9.6f %s%s\n", mark, m.At.Seconds(), text, end)
		return err
	}
	for i := range messages {
		m := &messages[i]
		if open != nil && (open.From != m.From || m.End) {
			if err := line(open, `\`); err != nil {
				return err
			}
			open = nil
		}
		at, text := m.At, m.Text
		if open != nil {
			at, text, open = open.At, open.Text+text, nil
		}
		for part := range strings.Lines(text) {
			ended, whole := strings.CutSuffix(part, "\n")
			piece := &Message{At: at, From: m.From, Text: ended}
			if !whole {
				open = piece
				break
			}
			if err := line(piece, ""); err != nil {
				return err
			}
			at = m.At
		}
	}
	if open != nil {
		return line(open, `\`)
	}
	return nil
}
