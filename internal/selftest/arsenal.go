package selftest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/bailiff-judge/bailiff/mount"
	"github.com/bailiff-judge/bailiff/runner"
	"github.com/bailiff-judge/bailiff/testdata"
)

// inside is where a program is in its sandbox.
const inside = "/program"

// Arsenal makes the programs, each at its first use, by the machine's own
// compiler. It is safe for concurrent use.
type Arsenal struct {
	dir      string
	compiler string
	once     sync.Map // name to func() (*program, error)
	workshop func() (*workshop, error)
}

// program is one that was made.
type program struct {
	path string
	view *mount.Tree
}

// UnmadeError is a program that can't be made here.
type UnmadeError struct {
	Name string
	Err  error
}

func (e *UnmadeError) Error() string {
	return fmt.Sprintf("selftest: %s can't be made here: %v", e.Name, e.Err)
}

// Unwrap returns the reason.
func (e *UnmadeError) Unwrap() error { return e.Err }

// NewArsenal unpacks the sources into a directory of its own.
func NewArsenal() (_ *Arsenal, err error) {
	dir, err := os.MkdirTemp("", "bailiff-selftest-")
	if err != nil {
		return nil, err
	}
	a := &Arsenal{dir: dir}
	a.workshop = sync.OnceValues(a.openWorkshop)
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	// Programs run under other ids than ours.
	if err := os.Chmod(dir, 0o755); err != nil {
		return nil, err
	}
	sources, err := fs.Sub(testdata.Programs, "programs")
	if err != nil {
		return nil, err
	}
	if err := os.CopyFS(filepath.Join(dir, "source"), sources); err != nil {
		return nil, err
	}
	for _, name := range []string{os.Getenv("CC"), "cc", "gcc", "clang"} {
		if path, err := exec.LookPath(name); err == nil {
			a.compiler = path
			break
		}
	}
	return a, nil
}

// Close removes everything.
func (a *Arsenal) Close() error { return os.RemoveAll(a.dir) }

// Program makes a program, or finds it made.
func (a *Arsenal) Program(ctx context.Context, name string) (*program, error) {
	build, _ := a.once.LoadOrStore(name, sync.OnceValues(func() (*program, error) { return a.build(ctx, name) }))
	return build.(func() (*program, error))()
}

func (a *Arsenal) build(ctx context.Context, name string) (*program, error) {
	if a.compiler == "" {
		return nil, &UnmadeError{name, errors.New("there is no C compiler: install gcc")}
	}
	source := filepath.Join(a.dir, "source", name+".c")
	code, err := os.ReadFile(source)
	if err != nil {
		return nil, err
	}
	// Each has a directory of its own, so that its path tells its processes.
	path := filepath.Join(a.dir, name)
	args := []string{"-O2", "-static", "-pthread", "-o", path, source}
	for line := range strings.Lines(string(code)) {
		if flags, ok := strings.CutPrefix(line, " * build: "); ok {
			args = append(args, strings.Fields(flags)...)
		}
	}
	if out, err := exec.CommandContext(ctx, a.compiler, args...).CombinedOutput(); err != nil {
		return nil, &UnmadeError{name, fmt.Errorf("%w: %s", err, out)}
	}
	return &program{path: path, view: runner.SystemRoot().Bind(path, inside, 0)}, nil
}

// alive are the processes of the machine that execute the program.
func (p *program) alive() (pids []int) {
	want, err := os.Stat(p.path)
	if err != nil {
		return nil
	}
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if is, err := os.Stat(filepath.Join("/proc", e.Name(), "exe")); err == nil && os.SameFile(is, want) {
			pids = append(pids, pid)
		}
	}
	return pids
}
