package rows

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/bench"
	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/runner"
)

// servedKind is what a process that holds memory measures.
type servedKind struct {
	name, about string
	// open returns what takes one sample, and what gives back what that needs;
	// the latter may be nil.
	open func(tiny string) (once, shut func() error, err error)
}

func servedKinds() []servedKind {
	return []servedKind{
		{"plain fork", "fork, exec and wait of " + aboutTiny, func(tiny string) (once, shut func() error, err error) {
			once, err = forkExec(tiny)
			return once, nil, err
		}},
		{"os/exec", "exec.Command and Run", func(tiny string) (once, shut func() error, err error) { return osExec(tiny), nil, nil }},
		{"forkexec", "package forkexec, without any isolation", func(tiny string) (once, shut func() error, err error) {
			once, err = starter(forkexec.Config{Path: tiny, KeepCapabilities: true}, forkexec.Inputs{})
			return once, nil, err
		}},
		{"warm run", "a warm run in a sandbox", func(tiny string) (once, shut func() error, err error) {
			run, shut, err := openRuns(runner.Pool, tinySpec(tiny, runner.SystemRoot()), os.Geteuid() == 0)
			return discarding(run), shut, err
		}},
	}
}

// Serve measures starts of the program tiny from a process that holds so many
// bytes of memory: this one. It answers requests until there are no more.
func Serve(requests io.Reader, answers io.Writer, hold int64, tiny string) (err error) {
	memory, holdErr := resident(hold)
	greeting := serverGreeting{Protocol: serverProtocol}
	if holdErr != nil {
		greeting.Error = holdErr.Error()
	}
	encoder := json.NewEncoder(answers)
	if err := encoder.Encode(greeting); err != nil || holdErr != nil {
		return err
	}
	m := measurer{tiny: tiny, ready: map[string]func(time.Duration) (bench.Batch, error){}}
	defer func() { err = errors.Join(err, m.close()) }()
	for decoder := json.NewDecoder(bufio.NewReader(requests)); ; {
		var request serverRequest
		if err := decoder.Decode(&request); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("request: %w", err)
		}
		batch, err := m.measure(request)
		answer := serverAnswer{Samples: batch.Samples, Took: batch.Took}
		if reason, ok := errors.AsType[*bench.Unavailable](err); ok {
			answer.Unavailable = reason
		} else if err != nil {
			answer.Error = err.Error()
		}
		if err := encoder.Encode(answer); err != nil {
			return err
		}
	}
	runtime.KeepAlive(memory)
	return nil
}

// measurer opens each row when it is first asked for.
type measurer struct {
	tiny  string
	ready map[string]func(time.Duration) (bench.Batch, error)
	shut  []func() error
}

func (m *measurer) measure(request serverRequest) (bench.Batch, error) {
	if measure, ok := m.ready[request.Row]; ok {
		return measure(time.Duration(request.Budget))
	}
	for _, kind := range servedKinds() {
		if kind.name != request.Row {
			continue
		}
		once, shut, err := kind.open(m.tiny)
		if err != nil {
			return bench.Batch{}, err
		}
		if shut != nil {
			m.shut = append(m.shut, shut)
		}
		m.ready[request.Row] = bench.Each(once)
		return m.measure(request)
	}
	return bench.Batch{}, fmt.Errorf("no row %q", request.Row)
}

func (m *measurer) close() (err error) {
	for _, shut := range m.shut {
		err = errors.Join(err, shut())
	}
	return err
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
