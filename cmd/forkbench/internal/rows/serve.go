package rows

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/bench"
	"github.com/bailiff-judge/bailiff/forkexec"
)

// servedKind is what a process that holds memory measures.
type servedKind struct {
	name, about string
	open        func(tiny string) (func() error, error)
}

func servedKinds() []servedKind {
	return []servedKind{
		{"plain fork", "fork, exec and wait of " + aboutTiny, forkExec},
		{"os/exec", "exec.Command and Run", func(tiny string) (func() error, error) { return osExec(tiny), nil }},
		{"forkexec", "package forkexec, without any isolation", func(tiny string) (func() error, error) {
			return starter(forkexec.Config{Path: tiny, KeepCapabilities: true}, forkexec.Inputs{})
		}},
	}
}

// Serve measures starts of the program tiny from a process that holds so many
// bytes of memory: this one. It answers requests until there are no more.
func Serve(requests io.Reader, answers io.Writer, hold int64, tiny string) error {
	memory, err := resident(hold)
	greeting := serverGreeting{Protocol: serverProtocol}
	if err != nil {
		greeting.Error = err.Error()
	}
	encoder := json.NewEncoder(answers)
	if err := encoder.Encode(greeting); err != nil || greeting.Error != "" {
		return err
	}
	measures := map[string]func(time.Duration) (bench.Batch, error){}
	for decoder := json.NewDecoder(bufio.NewReader(requests)); ; {
		var request serverRequest
		if err := decoder.Decode(&request); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("request: %w", err)
		}
		batch, err := serveOne(measures, request, tiny)
		answer := serverAnswer{Samples: batch.Samples, Took: batch.Took}
		if err != nil {
			answer.Error = err.Error()
		}
		if err := encoder.Encode(answer); err != nil {
			return err
		}
	}
	runtime.KeepAlive(memory)
	return nil
}

func serveOne(measures map[string]func(time.Duration) (bench.Batch, error), request serverRequest, tiny string) (bench.Batch, error) {
	measure, ok := measures[request.Row]
	if !ok {
		for _, kind := range servedKinds() {
			if kind.name != request.Row {
				continue
			}
			once, err := kind.open(tiny)
			if err != nil {
				return bench.Batch{}, err
			}
			measure = bench.Each(once)
		}
		if measure == nil {
			return bench.Batch{}, fmt.Errorf("no row %q", request.Row)
		}
		measures[request.Row] = measure
	}
	return measure(time.Duration(request.Budget))
}

// resident returns memory that is all there.
func resident(size int64) ([]byte, error) {
	if size == 0 {
		return nil, nil
	}
	memory, err := unix.Mmap(-1, 0, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return nil, fmt.Errorf("%s of memory: %w", sizeName(size), err)
	}
	for i := 0; i < len(memory); i += unix.Getpagesize() {
		memory[i] = 1
	}
	return memory, nil
}
