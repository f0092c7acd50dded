package runner_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/notify"
	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/runner"
)

// Programs of a slot ask the same listener, one after the other: who has listened for
// one must be done with it before the next one calls anything.
func TestViolationsAreNotTheRunsBefore(t *testing.T) {
	asks, err := policy.Parse("asks", []byte("extends: default\nrules:\n  - do: ask\n    calls: [chroot]\n"))
	require.NoError(t, err)
	for mode, rules := range map[runner.Mode]*policy.Policy{runner.Pool: named(t, "default"), runner.Notify: asks} {
		t.Run(string(mode), func(t *testing.T) {
			if err := notify.Supported(); err != nil && mode == runner.Notify {
				t.Skip(err)
			}
			s := openPool(t, runner.PoolOptions{})
			view := together(t, "sleep", "syscall")
			kinds := map[string]runner.Status{
				"sleep 4": runner.OK, // so long that somebody listens
				fmt.Sprintf("syscall %d 0 0 0 0", unix.SYS_PTRACE): runner.ForbiddenAccess,
			}
			var crowd sync.WaitGroup
			for command, status := range kinds {
				sp := warm(view, command)
				if sp.Mode, sp.Policy, sp.Limits.Wall = mode, rules, 2*time.Second; mode == runner.Notify {
					sp.Mode = mode
				}
				for range 2 {
					crowd.Go(func() {
						for range 100 {
							result, err := s.Run(context.Background(), sp)
							if !assert.NoError(t, err) || !assert.Equal(t, status.String(), result.Status.String(), "%s %+v", command, result) {
								return
							}
						}
					})
				}
			}
			crowd.Wait()
		})
	}
}
