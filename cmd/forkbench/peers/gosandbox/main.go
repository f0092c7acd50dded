// Command gosandbox measures runs in a container of the library
// github.com/criyle/go-sandbox, for forkbench. It is a module of its own, so
// that nobody who imports Bailiff inherits that library.
//
//	gosandbox ROOT PROGRAM
//
// ROOT is an empty directory, PROGRAM what is run. It greets, then answers
// requests until its stdin ends, one JSON object a line:
//
//	{"protocol":1}
//	{"row":"run","budget_ns":25000000}
//	{"samples_ns":[812345],"took_ns":25011111}
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/criyle/go-sandbox/container"
	"github.com/criyle/go-sandbox/pkg/mount"
	"github.com/criyle/go-sandbox/runner"
)

// protocol is the version of what is spoken with forkbench.
const protocol = 1

type greeting struct {
	Protocol int    `json:"protocol"`
	Error    string `json:"error,omitempty"`
}

type request struct {
	Row    string        `json:"row"` // "run", or "run and reset" to empty the writable directories, too
	Budget time.Duration `json:"budget_ns"`
}

type answer struct {
	Samples []time.Duration `json:"samples_ns"`
	Took    time.Duration   `json:"took_ns"`
	Error   string          `json:"error,omitempty"`
}

func main() {
	// In the container this very program is pid 1, and Init does not return.
	if err := container.Init(); err != nil {
		fail(err)
	}
	if len(os.Args) != 3 {
		fail(errors.New("usage: gosandbox ROOT PROGRAM"))
	}
	if err := serve(os.Args[1], os.Args[2]); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "gosandbox:", err)
	os.Exit(2)
}

func serve(root, program string) error {
	out := json.NewEncoder(os.Stdout)
	env, run, err := open(root, program)
	rows := map[string]func() error{"run": run, "run and reset": func() error {
		if err := run(); err != nil {
			return err
		}
		return env.Reset()
	}}
	if err == nil {
		err = rows["run and reset"]()
	}
	if err != nil {
		if env != nil {
			_ = env.Destroy() // killed, which is how it is meant
		}
		return out.Encode(greeting{Protocol: protocol, Error: err.Error()})
	}
	defer env.Destroy()
	if err := out.Encode(greeting{Protocol: protocol}); err != nil {
		return err
	}
	for in := json.NewDecoder(bufio.NewReader(os.Stdin)); ; {
		var r request
		if err := in.Decode(&r); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		once, ok := rows[r.Row]
		if !ok {
			return fmt.Errorf("no row %q", r.Row)
		}
		if err := out.Encode(measure(r.Budget, once)); err != nil {
			return err
		}
	}
}

// open starts the container, and returns what makes one run in it.
func open(root, program string) (container.Environment, func() error, error) {
	// The library's default mounts, with the program's directory.
	mounts := mount.NewDefaultBuilder().
		WithBind(filepath.Dir(program), "program", true).
		WithTmpfs("w", "").
		WithTmpfs("tmp", "").
		FilterNotExist().Mounts
	env, err := (&container.Builder{Root: root, Mounts: mounts}).Build()
	if err != nil {
		return nil, nil, err
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return env, nil, err
	}
	inside := "/program/" + filepath.Base(program)
	files := []uintptr{null.Fd(), null.Fd(), null.Fd()}
	return env, func() error {
		result := env.Execve(context.Background(), container.ExecveParam{Args: []string{inside}, Files: files})
		if result.Status != runner.StatusNormal {
			return fmt.Errorf("%s: %v %s", inside, result.Status, result.Error)
		}
		return nil
	}, nil
}

// measure makes runs until the time is over, and does not count the first,
// unless that has used up the time: what forkbench does with its own.
func measure(budget time.Duration, run func() error) (a answer) {
	for begin, first := time.Now(), true; a.Took < budget || len(a.Samples) == 0; first = false {
		before := time.Now()
		if err := run(); err != nil {
			a.Error = err.Error()
			return a
		}
		after := time.Now()
		if first && after.Sub(begin) < budget {
			begin = after
			continue
		}
		a.Samples, a.Took = append(a.Samples, after.Sub(before)), after.Sub(begin)
	}
	return a
}
