package rows

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/bench"
)

// ParentGroup is the group whose rows are plotted over the parent's memory.
const ParentGroup = "parent"

const mib = 1 << 20

// parentSizes are what the parents hold, in bytes.
var parentSizes = [...]int64{0, 256 * mib, 1024 * mib}

// parents are starts from processes that hold memory, as a judge does that has
// its tests in it. Each size is a process of its own, so that no other row pays
// for the memory.
func (e *Env) parents() []bench.Row {
	var rows []bench.Row
	for _, kind := range servedKinds() {
		for _, size := range parentSizes {
			server := e.server(size)
			rows = append(rows, bench.Row{
				Group: ParentGroup, Name: fmt.Sprintf("%s, %s", kind.name, sizeName(size)),
				About: fmt.Sprintf("%s, from a process that holds %s of memory", kind.about, sizeName(size)),
				X:     float64(size), Series: kind.name,
				Open: func() (*bench.Subject, error) {
					s, err := server.take()
					if err != nil {
						return nil, err
					}
					return &bench.Subject{Measure: s.measure(kind.name), Close: server.give}, nil
				}})
		}
	}
	return rows
}

func sizeName(bytes int64) string {
	if bytes >= 1024*mib {
		return fmt.Sprintf("%d GiB", bytes/(1024*mib))
	}
	return fmt.Sprintf("%d MiB", bytes/mib)
}

// server returns the process that holds so much memory.
func (e *Env) server(size int64) *shared[*server] {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	s, ok := e.servers[size]
	if !ok {
		s = &shared[*server]{close: (*server).Close, open: func() (*server, error) {
			if err := haveMemory(size); err != nil {
				return nil, err
			}
			return startServer(append(append([]string{}, e.Self...), strconv.FormatInt(size, 10), e.tiny))
		}}
		e.servers[size] = s
	}
	return s
}

// haveMemory says whether the machine can spare so much without swapping.
func haveMemory(size int64) error {
	const spare = 256 * mib
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] != "MemAvailable:" {
			continue
		}
		kib, err := strconv.ParseInt(fields[1], 10, 64)
		if err != nil {
			return fmt.Errorf("/proc/meminfo: %w", err)
		}
		if available := kib << 10; size > 0 && available < size+spare {
			return &bench.Unavailable{Reason: fmt.Sprintf("only %d MiB of memory are available", available/mib),
				Mend: fmt.Sprintf("free %s and some more", sizeName(size))}
		}
		return nil
	}
	return errors.New("/proc/meminfo has no MemAvailable")
}
