package main

import (
	"fmt"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/bench"
)

// progress shows on a terminal what is being measured; elsewhere nothing.
type progress struct {
	file *os.File // nil if it is no terminal
	bar  *progressbar.ProgressBar
}

func newProgress(file *os.File) *progress {
	if !term.IsTerminal(int(file.Fd())) {
		return &progress{}
	}
	return &progress{file: file}
}

func (p *progress) tell(s bench.Step) {
	if p.file == nil {
		return
	}
	if s.Total == 0 {
		fmt.Fprintf(p.file, "\r\x1b[Kpreparing %s", s.Row)
		return
	}
	if p.bar == nil {
		fmt.Fprint(p.file, "\r\x1b[K")
		p.bar = progressbar.NewOptions(s.Total, progressbar.OptionSetWriter(p.file), progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionSetPredictTime(true), progressbar.OptionSetElapsedTime(false), progressbar.OptionFullWidth(),
			progressbar.OptionClearOnFinish())
	}
	p.bar.Describe(fmt.Sprintf("%-32.32s", s.Row))
	_ = p.bar.Set(s.Done) // a terminal that is gone must not end the measuring
}

// done leaves the line empty for the report.
func (p *progress) done() {
	if p.bar != nil {
		_ = p.bar.Finish()
	} else if p.file != nil {
		fmt.Fprint(p.file, "\r\x1b[K")
	}
}
