package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/bailiff-judge/bailiff/runner"
)

// formats is the vocabulary of --format.
var formats = []struct {
	name   string
	render func(*runner.Result) ([]byte, error)
}{
	{"text", func(r *runner.Result) ([]byte, error) { return textFormat(r), nil }},
	{"json", jsonFormat},
	{"uoj", func(r *runner.Result) ([]byte, error) { return uojFormat(r), nil }},
	{"isolate", func(r *runner.Result) ([]byte, error) { return isolateFormat(r), nil }},
}

func formatNames() []string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

func render(format string, r *runner.Result) ([]byte, error) {
	for _, f := range formats {
		if f.name == format {
			return f.render(r)
		}
	}
	return nil, fmt.Errorf("no format %q", format)
}

// jsonFormat is the result's stable form, on one line.
func jsonFormat(r *runner.Result) ([]byte, error) {
	text, err := json.Marshal(r)
	return append(text, '\n'), err
}

// uojCodes are those of UOJ's run_program; 1, wrong answer, is not for a runner
// to say. It has one code for both clocks.
var uojCodes = map[runner.Status]int{
	runner.OK:              0,
	runner.RuntimeError:    2,
	runner.MemoryLimit:     3,
	runner.TimeLimit:       4,
	runner.WallLimit:       4,
	runner.OutputLimit:     5,
	runner.ForbiddenAccess: 6, // dangerous syscalls
	runner.InternalError:   7, // judgement failed
}

// uojFormat is one line: the code, CPU time in ms, memory in KiB, the exit
// code. -1 is what there is none of.
func uojFormat(r *runner.Result) []byte {
	ms := int64(-1)
	if r.CPU != runner.Unmeasured {
		ms = r.CPU.Milliseconds()
	}
	kib := r.Memory
	if kib == runner.Unmeasured {
		kib = r.RSS
	}
	if kib != runner.Unmeasured {
		kib >>= 10
	}
	return fmt.Appendf(nil, "%d %d %d %d\n", uojCodes[r.Status], ms, kib, r.ExitCode)
}

// duration is as exact as clocks are, and no more.
func duration(d time.Duration) string { return d.Round(10 * time.Microsecond).String() }

// size is in the largest unit that keeps it whole, or else in both: a reader
// wants the MiB, and one byte can make a verdict.
func size(n int64) string {
	const kib, mib, gib = 1 << 10, 1 << 20, 1 << 30
	switch {
	case n == 1:
		return "1 byte"
	case n < kib:
		return fmt.Sprintf("%d bytes", n)
	case n%gib == 0:
		return fmt.Sprintf("%d GiB", n/gib)
	case n%mib == 0:
		return fmt.Sprintf("%d MiB", n/mib)
	case n < mib && n%kib == 0:
		return fmt.Sprintf("%d KiB", n/kib)
	case n < mib:
		return fmt.Sprintf("%.1f KiB (%d bytes)", float64(n)/kib, n)
	case n < gib:
		return fmt.Sprintf("%.1f MiB (%d bytes)", float64(n)/mib, n)
	}
	return fmt.Sprintf("%.1f GiB (%d bytes)", float64(n)/gib, n)
}
