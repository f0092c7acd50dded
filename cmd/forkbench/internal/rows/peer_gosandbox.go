package rows

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/bench"
)

// go-sandbox is a library. A program of a module of its own uses it, so that
// nobody who imports Bailiff inherits it.
const (
	goSandboxProgram = "forkbench-gosandbox"
	goSandboxSource  = "cmd/forkbench/peers/gosandbox"
	goSandboxGet     = "run `forkbench --build-peers` once in a checkout of Bailiff"
)

func (e *Env) goSandbox() []bench.Row {
	// Both rows ask the same container.
	container := &shared[*server]{close: (*server).Close, open: func() (*server, error) {
		path, err := findPeer(goSandboxProgram)
		if err != nil {
			return nil, err
		}
		root, err := e.subdir("gosandbox-*")
		if err != nil {
			return nil, err
		}
		return startServer([]string{path, root, e.tiny})
	}}
	row := func(name, about, request string) bench.Row {
		return bench.Row{Group: PeerGroup, Name: name,
			About: "a program executed and waited for in a container of github.com/criyle/go-sandbox that was started before, " + about,
			Differs: "no cgroup of a run's own and no filter, as in that project's own benchmark; all runs of a container share its " +
				"namespaces and mounts, and what one leaves in IPC stays",
			Open: func() (*bench.Subject, error) {
				s, err := container.take()
				if err != nil {
					return nil, err
				}
				return &bench.Subject{Measure: s.measure(request), Close: container.give}, nil
			}}
	}
	return []bench.Row{
		row("go-sandbox", "with what it writes left there", "run"),
		row("go-sandbox, emptied", "and the container's writable directories emptied", "run and reset"),
	}
}

// findPeer looks for a helper program: where BuildPeers puts it, beside this
// one, in $PATH.
func findPeer(name string) (string, error) {
	var places []string
	if dir, err := peerDir(); err == nil {
		places = append(places, filepath.Join(dir, name))
	}
	if self, err := os.Executable(); err == nil {
		places = append(places, filepath.Join(filepath.Dir(self), name))
	}
	for _, place := range places {
		if info, err := os.Stat(place); err == nil && info.Mode().IsRegular() {
			return place, nil
		}
	}
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	return "", &bench.Unavailable{Reason: name + " is not built", Mend: goSandboxGet}
}

// peerDir is where helper programs are kept.
func peerDir() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(cache, "bailiff"), nil
}

// BuildPeers builds the helper programs of peers that are libraries, from this
// module's sources, which must be at or above the working directory. The go
// command fetches the libraries.
func BuildPeers(ctx context.Context, log io.Writer) error {
	source, err := sourceDir()
	if err != nil {
		return err
	}
	dir, err := peerDir()
	if err != nil {
		return err
	}
	program := filepath.Join(dir, goSandboxProgram)
	cmd := exec.CommandContext(ctx, "go", "build", "-o", program, ".")
	cmd.Dir, cmd.Stdout, cmd.Stderr = source, log, log
	cmd.Env = append(os.Environ(), "GOWORK=off")
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("build %s: %w", source, err)
	}
	fmt.Fprintln(log, "built", program)
	return nil
}

func sourceDir() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		source := filepath.Join(dir, goSandboxSource)
		_, err := os.Stat(filepath.Join(source, "go.mod"))
		if err == nil {
			return source, nil
		}
		if !errors.Is(err, os.ErrNotExist) || dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no %s here or above: start forkbench --build-peers in a checkout of Bailiff", goSandboxSource)
		}
		dir = filepath.Dir(dir)
	}
}
