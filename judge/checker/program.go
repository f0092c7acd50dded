package checker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/runner"
)

// Program is a checker that is a program of its own, ready to be run. It may be
// used by several goroutines at once.
type Program struct {
	// Spec is how it is started: Args without those of the protocol, its
	// limits, and Root, which must be set. Streams and Keep are its caller's.
	Spec runner.Spec
	// Protocol is how it is called and answers.
	Protocol Protocol
	// Args come after the protocol's own arguments.
	Args []string
}

// Files are those of a test; "" is an empty one.
type Files struct{ Input, Answer string }

// Check has the output on the desk checked. args come after the program's own
// arguments, cpus is as in [runner.Spec]. A checker that fails is a Result; an
// error means that ctx has ended, and wraps its error.
func (p *Program) Check(ctx context.Context, sandbox *runner.Sandbox, desk *Desk, files Files, args []string, cpus []int) (Result, error) {
	call, err := p.Call(desk, files, args)
	if err != nil {
		return Result{Message: err.Error()}, nil
	}
	call.Spec.CPUs = cpus
	if p.Protocol == Kattis {
		output, err := desk.Output()
		if err != nil {
			return Result{Message: err.Error()}, nil
		}
		defer output.Close()
		call.Spec.Stdin = output
	}
	run, err := sandbox.Run(ctx, call.Spec)
	switch {
	case ctx.Err() != nil:
		return Result{}, err
	case err != nil:
		return Result{Message: "the checker could not be run: " + err.Error(), Run: run}, nil
	}
	return call.Result(run), nil
}

// Call is one call of a program.
type Call struct {
	// Spec is complete, but for Stdin and, of an interactor, Stdout.
	Spec     runner.Spec
	protocol Protocol
	answer   answer
	stdout   *head
	stderr   *head
}

// Call lays a test's files on the desk, and says how the program is to be run.
func (p *Program) Call(desk *Desk, files Files, args []string) (*Call, error) {
	if err := errors.Join(desk.lay(files.Input, "input"), desk.lay(files.Answer, "answer")); err != nil {
		return nil, err
	}
	c := &Call{Spec: p.Spec, protocol: p.Protocol, stdout: new(head), stderr: new(head)}
	c.answer.feedback = map[string][]byte{}
	c.Spec.Args = slices.Concat(p.Spec.Args, p.Protocol.arguments(), p.Args, args)
	c.Spec.Root = desk.view(p.Spec.Root)
	c.Spec.Stdout, c.Spec.Stderr = c.stdout, c.stderr
	c.Spec.Keep = &runner.Keep{Path: feedbackPath, Read: c.collect}
	return c, nil
}

// Result is what the program has answered, once it was run.
func (c *Call) Result(run *runner.Result) Result {
	c.answer.run = run
	c.answer.stdout, c.answer.stderr = c.stdout.text, c.stderr.text
	return c.protocol.read(c.answer)
}

// collect reads the files of the feedback directory that the protocol knows.
func (c *Call) collect(dir *os.File) error {
	for _, name := range feedbackNames {
		fd, err := unix.Openat2(int(dir.Fd()), name, &unix.OpenHow{
			Flags:   unix.O_RDONLY | unix.O_NONBLOCK | unix.O_CLOEXEC,
			Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS,
		})
		if err != nil {
			continue // not there, or nothing that a checker should leave
		}
		file := os.NewFile(uintptr(fd), name)
		info, err := file.Stat()
		if err == nil && info.Mode().IsRegular() {
			c.answer.feedback[name], err = io.ReadAll(io.LimitReader(file, longestMessage+1))
		}
		file.Close()
		if err != nil {
			return fmt.Errorf("checker: %s: %w", name, err)
		}
	}
	return nil
}

// head keeps the beginning of what is written to it.
type head struct{ text []byte }

func (h *head) Write(p []byte) (int, error) {
	h.text = append(h.text, p[:min(len(p), longestMessage+1-len(h.text))]...)
	return len(p), nil
}
