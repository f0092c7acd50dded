package forkexec_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/testprog"
)

// openAt makes a new file whose descriptor has that number here, so that it
// can collide with a number of the child's.
func openAt(t testing.TB, fd int, flags int) *os.File {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "file"))
	require.NoError(t, err)
	defer file.Close()
	require.NoError(t, unix.Dup3(int(file.Fd()), fd, flags))
	moved := os.NewFile(uintptr(fd), file.Name())
	t.Cleanup(func() { moved.Close() })
	return moved
}

func TestFilesInAnyOrder(t *testing.T) {
	leakcheck.Check(t)
	const first = 500
	var here []*os.File
	for i := range 4 {
		here = append(here, openAt(t, first+i, unix.O_CLOEXEC))
	}
	high := openAt(t, 1000, unix.O_CLOEXEC)
	for _, order := range [][]int{{0, 1, 2, 3}, {1, 0, 3, 2}, {1, 2, 3, 0}, {3, 2, 1, 0}, {0, 0, 0, 0}, {3, 3, 0, 0}} {
		t.Run(fmt.Sprint(order), func(t *testing.T) {
			files := make([]*os.File, first-3) // output puts three before
			want := map[int]string{}
			for i, from := range order {
				files = append(files, here[from])
				want[first+i] = here[from].Name()
			}
			files = append(files, high)
			want[first+4] = high.Name()
			got := whoami(t, forkexec.Config{Files: first + 5}, forkexec.Inputs{Files: files})
			for fd, name := range want {
				assert.Equal(t, name, got[fmt.Sprintf("fd[%d]", fd)], fd)
			}
			assert.Equal(t, "/dev/null", got["fd[400]"], "a nil file")
			assert.Equal(t, fmt.Sprint(first+5), got["fds"])
		})
	}
}

func TestNothingElseIsOpen(t *testing.T) {
	leakcheck.Check(t)
	openAt(t, 77, 0) // not closed on exec by itself
	openAt(t, 900, 0)
	for _, ns := range []forkexec.Namespace{0, forkexec.AllNamespaces} {
		config := forkexec.Config{}
		if ns != 0 {
			config = in(config, ns)
		}
		got := whoami(t, config, forkexec.Inputs{})
		assert.Equal(t, "3", got["fds"])
		assert.Equal(t, "/dev/null", got["fd[0]"])
	}
}

func TestFewerFilesThanPrepared(t *testing.T) {
	leakcheck.Check(t)
	got := whoami(t, forkexec.Config{Files: 6}, forkexec.Inputs{})
	assert.Equal(t, "6", got["fds"])
	for fd := 3; fd < 6; fd++ {
		assert.Equal(t, "/dev/null", got[fmt.Sprintf("fd[%d]", fd)])
	}
}

func TestExecOfASealedCopy(t *testing.T) {
	leakcheck.Check(t)
	original, err := os.Open(testprog.Build(t, "whoami"))
	require.NoError(t, err)
	defer original.Close()
	program, err := forkexec.SealedCopy("sealed", original)
	require.NoError(t, err)
	defer program.Close()
	_, err = program.WriteAt([]byte{0}, 0)
	assert.ErrorIs(t, err, unix.EPERM)
	assert.ErrorIs(t, program.Truncate(0), unix.EPERM)

	text, state := output(t, forkexec.Config{Path: "sealed", ExecFile: true, Args: []string{"it", "works"}},
		forkexec.Inputs{Exec: program})
	require.Zero(t, state.Status.ExitStatus())
	got := testprog.Values(text)
	assert.Equal(t, "works", got["arg[1]"])
	assert.Equal(t, "3", got["fds"], "the program's own file is closed")
}

func TestExecFileAmongTheProgramsNumbers(t *testing.T) {
	leakcheck.Check(t)
	original, err := os.Open(testprog.Build(t, "whoami"))
	require.NoError(t, err)
	defer original.Close()
	require.NoError(t, unix.Dup3(int(original.Fd()), 50, unix.O_CLOEXEC))
	program := os.NewFile(50, "program")
	defer program.Close()
	text, state := output(t, forkexec.Config{Path: "whoami", ExecFile: true, Files: 60}, forkexec.Inputs{Exec: program})
	require.Zero(t, state.Status.ExitStatus())
	assert.Equal(t, "/dev/null", testprog.Values(text)["fd[50]"])
}

// copyOf is a program of the test's own.
func copyOf(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(testprog.Build(t, name))
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, data, 0o755))
	return path
}

func TestProgramOpenForWriting(t *testing.T) {
	leakcheck.Check(t)
	path := copyOf(t, "tiny")
	writer, err := os.OpenFile(path, os.O_WRONLY, 0)
	require.NoError(t, err)
	runner, err := forkexec.Prepare(forkexec.Config{Path: path, Sync: true})
	require.NoError(t, err)

	// The writer goes away after the first try; the second still has a copy of it.
	tries := 0
	process, err := runner.Start(forkexec.Inputs{Sync: func(int) error {
		if tries++; tries == 2 {
			return writer.Close()
		}
		return nil
	}})
	require.NoError(t, err)
	_, err = process.Wait()
	require.NoError(t, err)
	assert.GreaterOrEqual(t, tries, 2)

	writer, err = os.OpenFile(path, os.O_WRONLY, 0)
	require.NoError(t, err)
	defer writer.Close()
	_, err = runner.Start(forkexec.Inputs{Sync: func(int) error { return nil }})
	assert.ErrorIs(t, err, unix.ETXTBSY, "for ever")
	assert.ErrorContains(t, err, "open for writing")
}
