package testprog

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestEveryProgramCompiles(t *testing.T) {
	for _, name := range Names(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := Build(t, name)
			info, err := os.Stat(path)
			require.NoError(t, err)
			assert.Equal(t, os.FileMode(0o755), info.Mode())
			assert.NoError(t, reachable(filepath.Dir(path)))
		})
	}
}

func TestEveryProgramCompilesForARM64(t *testing.T) {
	cc := find(t, "aarch64-linux-gnu-gcc")
	for _, name := range Names(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := filepath.Join(testdata(t), "programs", name+".c")
			out, err := exec.Command(cc, append(cflags, "-c", "-o", "/dev/null", source)...).CombinedOutput()
			assert.NoError(t, err, "%s", out)
		})
	}
}

func TestEveryProgramSaysWhatItIs(t *testing.T) {
	for _, name := range Names(t) {
		code, err := os.ReadFile(filepath.Join(testdata(t), "programs", name+".c"))
		require.NoError(t, err)
		assert.Regexp(t, `^/\*\n \* `+name+`[ :]`, string(code), "the opening comment begins with the program's usage")
	}
}

func TestBuildOnce(t *testing.T) {
	plain := Build(t, "tiny")
	assert.Equal(t, plain, Build(t, "tiny"), "built once")
	assert.NotEqual(t, plain, Build(t, "tiny", "-g"), "other flags are another program")
	assert.Equal(t, "tiny", filepath.Base(plain))

}

func TestBuildWhateverTheUmask(t *testing.T) {
	defer unix.Umask(unix.Umask(0o077))
	t.Setenv("TMPDIR", openDir(t))

	path := Build(t, "tiny")
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o755), info.Mode())
	assert.NoError(t, reachable(filepath.Dir(path)))
}

// Sixteen builders of one program, in directories where nothing is built yet.
func TestBuildAtTheSameTime(t *testing.T) {
	t.Setenv("TMPDIR", openDir(t))
	var builders sync.WaitGroup
	for range 16 {
		builders.Go(func() {
			assert.NoError(t, exec.Command(Build(t, "tiny")).Run())
		})
	}
	builders.Wait()
}

func TestCacheDirRefused(t *testing.T) {
	name := fmt.Sprintf("bailiff-testprog-%d", os.Getuid())
	t.Run("writable by others", func(t *testing.T) {
		dir := openDir(t)
		t.Setenv("TMPDIR", dir)
		require.NoError(t, os.Mkdir(filepath.Join(dir, name), 0o700))
		require.NoError(t, os.Chmod(filepath.Join(dir, name), 0o777))
		_, err := cacheDir()
		assert.ErrorContains(t, err, "only we can write to")
	})
	t.Run("a link", func(t *testing.T) {
		dir := openDir(t)
		t.Setenv("TMPDIR", dir)
		require.NoError(t, os.Symlink(openDir(t), filepath.Join(dir, name)))
		_, err := cacheDir()
		assert.ErrorContains(t, err, "only we can write to")
	})
	t.Run("below a closed directory", func(t *testing.T) {
		dir := openDir(t)
		require.NoError(t, os.Chmod(dir, 0o700))
		t.Setenv("TMPDIR", dir)
		_, err := cacheDir()
		assert.ErrorContains(t, err, "other users can't enter "+dir)
	})
}

// openDir is a temporary directory that others may enter, which those of testing aren't.
func openDir(t *testing.T) string {
	dir, err := os.MkdirTemp("", "testprog-*")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(dir)) })
	return dir
}

// run runs a program plainly and returns its stdout.
func run(t *testing.T, stdin, name string, args ...string) string {
	cmd := exec.Command(Build(t, name), args...)
	cmd.Stdin = strings.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "%s: %s", cmd, stderr.String())
	return string(out)
}

func openFile(t *testing.T) *os.File {
	file, err := os.Create(filepath.Join(t.TempDir(), "file"))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, file.Close()) })
	return file
}

// killedBy is the name of the signal that ended the command, or "".
func killedBy(cmd *exec.Cmd) string {
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !status.Signaled() {
		return ""
	}
	return unix.SignalName(status.Signal())
}
