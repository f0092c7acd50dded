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
	desk     *Desk
	answer   answer
	stdout   *head
	stderr   *head
}

// Call lays a test's files on the desk, and says how the program is to be run as
// a checker of the output there.
func (p *Program) Call(desk *Desk, files Files, args []string) (*Call, error) {
	c, err := p.call(desk, files, p.Protocol.arguments(), args)
	if err == nil && p.Protocol == Kattis {
		c.Spec.Keep = &runner.Keep{Path: feedbackPath, Read: c.collect}
	}
	return c, err
}

// Interact is Call for an interactor. One of testlib's writes a file, for a
// checker to see: it becomes the output on the desk.
func (p *Program) Interact(desk *Desk, files Files, args []string) (*Call, error) {
	own := p.Protocol.arguments()
	if p.Protocol == Testlib {
		own[1] = noticePath
	}
	c, err := p.call(desk, files, own, args)
	if err == nil {
		c.Spec.Keep = &runner.Keep{Path: feedbackPath, Read: c.collect}
	}
	return c, err
}

func (p *Program) call(desk *Desk, files Files, own, args []string) (*Call, error) {
	if err := errors.Join(desk.lay(files.Input, "input"), desk.lay(files.Answer, "answer")); err != nil {
		return nil, err
	}
	c := &Call{Spec: p.Spec, protocol: p.Protocol, desk: desk, stdout: new(head), stderr: new(head)}
	c.answer.feedback = map[string][]byte{}
	c.Spec.Args = slices.Concat(p.Spec.Args, own, p.Args, args)
	c.Spec.Root = desk.view(p.Spec.Root)
	c.Spec.Stdout, c.Spec.Stderr = c.stdout, c.stderr
	return c, nil
}

// Result is what the program has answered, once it was run.
func (c *Call) Result(run *runner.Result) Result {
	c.answer.run = run
	c.answer.stdout, c.answer.stderr = c.stdout.text, c.stderr.text
	return c.protocol.read(c.answer)
}

// collect takes what the protocol knows out of the feedback directory.
func (c *Call) collect(dir *os.File) error {
	if c.protocol == Testlib {
		return take(dir, noticeName, func(file *os.File) error {
			output, err := c.desk.Clear()
			if err != nil {
				return err
			}
			_, err = io.Copy(output, io.LimitReader(file, feedbackSize))
			return err
		})
	}
	for _, name := range feedbackNames {
		err := take(dir, name, func(file *os.File) (err error) {
			c.answer.feedback[name], err = io.ReadAll(io.LimitReader(file, longestMessage+1))
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// take reads a regular file of a directory that a program has filled, if there
// is one with that name.
func take(dir *os.File, name string, read func(*os.File) error) error {
	fd, err := unix.Openat2(int(dir.Fd()), name, &unix.OpenHow{
		Flags:   unix.O_RDONLY | unix.O_NONBLOCK | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS,
	})
	if err != nil {
		return nil //nolint:nilerr // not there, or nothing that a checker should leave
	}
	file := os.NewFile(uintptr(fd), name)
	defer file.Close()
	info, err := file.Stat()
	if err == nil && info.Mode().IsRegular() {
		err = read(file)
	}
	if err != nil {
		return fmt.Errorf("checker: %s: %w", name, err)
	}
	return nil
}

// head keeps the beginning of what is written to it.
type head struct{ text []byte }

func (h *head) Write(p []byte) (int, error) {
	h.text = append(h.text, p[:min(len(p), longestMessage+1-len(h.text))]...)
	return len(p), nil
}
