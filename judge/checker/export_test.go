package checker

import "github.com/bailiff-judge/bailiff/runner"

// Read is what a protocol makes of an answer.
func Read(p Protocol, run *runner.Result, stderr string, feedback map[string]string) Result {
	a := answer{run: run, stderr: []byte(stderr), feedback: map[string][]byte{}}
	for name, text := range feedback {
		if text != "" {
			a.feedback[name] = []byte(text)
		}
	}
	return p.read(a)
}
