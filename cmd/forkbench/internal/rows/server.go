package rows

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/bench"
)

// Some rows are measured in another process: a parent of another size, another
// library. It reads requests from its stdin and answers each on its stdout, one
// JSON object a line; it starts with a greeting, and ends when its stdin does.
// What it measures is timed by itself, so the way to it does not count.

// serverProtocol is the greeting's version. The processes of peers may be older
// than this program.
const serverProtocol = 1

type serverGreeting struct {
	Protocol int    `json:"protocol"`
	Error    string `json:"error,omitempty"` // why it can't measure anything
}

type serverRequest struct {
	Row    string `json:"row"`
	Budget int64  `json:"budget_ns"`
}

type serverAnswer struct {
	Samples []time.Duration `json:"samples_ns"`
	Took    time.Duration   `json:"took_ns"`
	// Error says what went wrong, Unavailable why there is no such row there.
	Error       string             `json:"error,omitempty"`
	Unavailable *bench.Unavailable `json:"unavailable,omitempty"`
}

// server is such a process, from outside.
type server struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	answer *json.Decoder
	stderr strings.Builder
}

func startServer(command []string) (*server, error) {
	s := &server{cmd: exec.Command(command[0], command[1:]...)}
	s.cmd.Stderr = &s.stderr
	var err error
	if s.stdin, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.answer = json.NewDecoder(bufio.NewReader(stdout))
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	var greeting serverGreeting
	err = s.answer.Decode(&greeting)
	switch {
	case err != nil:
		err = fmt.Errorf("%s does not answer: %w", command[0], err)
	case greeting.Protocol != serverProtocol:
		err = &bench.Unavailable{Reason: fmt.Sprintf("%s speaks version %d of the protocol, not %d", command[0], greeting.Protocol, serverProtocol),
			Mend: "build it anew"}
	case greeting.Error != "":
		err = &bench.Unavailable{Reason: greeting.Error}
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *server) measure(row string) func(time.Duration) (bench.Batch, error) {
	return func(budget time.Duration) (bench.Batch, error) {
		request, err := json.Marshal(serverRequest{row, int64(budget)})
		if err != nil {
			return bench.Batch{}, err
		}
		if _, err := s.stdin.Write(append(request, '\n')); err != nil {
			return bench.Batch{}, fmt.Errorf("%s: %w", s.cmd.Path, err)
		}
		var a serverAnswer
		if err := s.answer.Decode(&a); err != nil {
			return bench.Batch{}, fmt.Errorf("%s: %w", s.cmd.Path, err)
		}
		if a.Unavailable != nil {
			return bench.Batch{}, a.Unavailable
		}
		if a.Error != "" {
			err = errors.New(a.Error)
		}
		return bench.Batch{Samples: a.Samples, Took: a.Took}, err
	}
}

// Close ends the process. What it has said on stderr is in the error.
func (s *server) Close() error {
	err := s.stdin.Close()
	if waitErr := s.cmd.Wait(); waitErr != nil {
		err = errors.Join(err, fmt.Errorf("%s: %w: %s", s.cmd.Path, waitErr, strings.TrimSpace(s.stderr.String())))
	}
	return err
}
