package forkexec_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/testprog"
)

// One runner, many starts at once, while the collector runs: none gets
// another's files, and each ends by itself.
func TestStartsSideBySide(t *testing.T) {
	const goroutines, starts = 16, 50
	for name, config := range map[string]forkexec.Config{
		"isolated":     isolated(t, "cat", 0),
		"parent death": {Path: testprog.Build(t, "cat"), ParentDeath: unix.SIGKILL},
	} {
		t.Run(name, func(t *testing.T) {
			leakcheck.Check(t)
			config.Files = 3
			runner, err := forkexec.Prepare(config)
			require.NoError(t, err)
			var all sync.WaitGroup
			for worker := range goroutines {
				all.Go(func() {
					for i := range starts {
						want := fmt.Sprintf("%d %d", worker, i)
						got, err := echo(runner, want)
						if !assert.NoError(t, err) || !assert.Equal(t, want, got) {
							return
						}
						if i%10 == 0 {
							runtime.GC()
						}
					}
				})
			}
			all.Wait()
		})
	}
}

// echo starts cat and returns what it makes of text.
func echo(runner *forkexec.Runner, text string) (string, error) {
	inRead, inWrite, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer inRead.Close()
	defer inWrite.Close()
	outRead, outWrite, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer outRead.Close()
	defer outWrite.Close()
	process, err := runner.Start(forkexec.Inputs{Files: []*os.File{inRead, outWrite, outWrite}})
	if err != nil {
		return "", err
	}
	outWrite.Close()
	_, writeErr := inWrite.WriteString(text)
	inWrite.Close()
	got, readErr := io.ReadAll(outRead)
	_, waitErr := process.Wait()
	return string(got), errors.Join(writeErr, readErr, waitErr)
}

func TestThousandStartsLeakNothing(t *testing.T) {
	bare, err := forkexec.Prepare(forkexec.Config{Path: testprog.Build(t, "tiny"), Files: 3, ParentDeath: unix.SIGKILL})
	require.NoError(t, err)
	failing, err := forkexec.Prepare(in(forkexec.Config{Path: "/no/such", Files: 3}, forkexec.AllNamespaces&^forkexec.Network))
	require.NoError(t, err)
	full, err := forkexec.Prepare(isolated(t, "tiny", forkexec.Network))
	require.NoError(t, err)
	leakcheck.Repeat(t, 500, func() {
		for _, runner := range []*forkexec.Runner{bare, full} {
			process, err := runner.Start(forkexec.Inputs{})
			require.NoError(t, err)
			state, err := process.Wait()
			require.NoError(t, err)
			require.True(t, state.Status.Exited() && state.Status.ExitStatus() == 0)
		}
		_, err := failing.Start(forkexec.Inputs{})
		require.ErrorIs(t, err, unix.ENOENT)
	})
}
