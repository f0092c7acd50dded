package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/bailiff-judge/bailiff/judge"
)

// readInteractor is the one of --interactor, nil if there is none.
func (o *judgeOptions) readInteractor() (*judge.Interactor, error) {
	if o.interactor == "" {
		return nil, nil
	}
	if _, err := os.Stat(o.interactor); err != nil {
		return nil, err
	}
	program, protocol, err := o.readProgram(o.interactor)
	if err != nil {
		return nil, err
	}
	return &judge.Interactor{Program: *program, Protocol: protocol}, nil
}

// openTranscript makes the file of --transcript, nil if there is none.
func (o *judgeOptions) openTranscript() (*files, error) {
	if o.transcript == "" {
		return nil, nil
	}
	if o.interactor == "" {
		return nil, errors.New("--transcript: there is nobody to talk with: name the interactor with --interactor FILE")
	}
	f := new(files)
	return f, f.openResult("transcript", o.transcript)
}

// writeTranscripts writes what was said in each test.
func writeTranscripts(f *files, r *judge.Result) error {
	if f == nil {
		return nil
	}
	err := transcripts(f.result, r)
	return errors.Join(err, f.finish())
}

func transcripts(w io.Writer, r *judge.Result) error {
	for _, t := range r.Tests {
		if t.Interaction == nil {
			continue
		}
		if _, err := fmt.Fprintf(w, "test %s: %s\n", t.Name, t.Verdict); err != nil {
			return err
		}
		if err := judge.WriteTranscript(w, t.Interaction.Transcript); err != nil {
			return err
		}
	}
	return nil
}
