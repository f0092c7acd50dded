package main

import (
	"fmt"
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/bailiff-judge/bailiff/judge"
)

// progress shows how far a judging is, on a terminal. Elsewhere it is silent.
type progress struct {
	bar   *progressbar.ProgressBar // nil is silence
	tests []*judge.Test
	bad   int
}

func newProgress(p *judge.Problem) *progress {
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		return &progress{}
	}
	tests := p.Root.AllTests()
	return &progress{tests: tests, bar: progressbar.NewOptions(len(tests),
		progressbar.OptionSetWriter(os.Stderr),
		progressbar.OptionSetWidth(24),
		progressbar.OptionSetDescription("compiling"),
		progressbar.OptionShowCount(),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: "█", SaucerPadding: "░"}),
	)}
}

// event takes one of the judge's. What a terminal can't show is no reason to
// stop judging, so errors of the bar are its own.
func (p *progress) event(e judge.Event) {
	if p.bar == nil {
		return
	}
	switch e.Kind {
	case judge.Compiling:
		_ = p.bar.RenderBlank()
	case judge.Preparing:
		p.bar.Describe("preparing the toolchain, once")
	case judge.Compiled:
		p.bar.Describe("compiled")
	case judge.TestStarted:
		p.bar.Describe("test " + p.tests[e.Test].Name + p.rejected())
	case judge.TestFinished:
		if e.TestResult.Verdict > judge.Accepted {
			p.bad++
		}
		_ = p.bar.Add(1)
	}
}

func (p *progress) rejected() string {
	if p.bad == 0 {
		return ""
	}
	return fmt.Sprintf(" (%d not accepted)", p.bad)
}

// close takes the bar off the terminal.
func (p *progress) close() {
	if p.bar != nil {
		_ = p.bar.Clear()
		_ = p.bar.Exit()
	}
}
