package runner_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/mount"
	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/runner"
)

// Whatever a program leaves, by one way alone, the next one in the slot finds nothing
// of it: neither what it was nor that it was. A slot is made new for that only if need
// be, so each way is tried by itself.
func TestEachResidue(t *testing.T) {
	s := openPool(t, runner.PoolOptions{})
	view := together(t, "residue")
	everything, err := policy.Parse("everything", []byte("default: allow"))
	require.NoError(t, err)
	for _, mode := range []runner.Mode{runner.Auto, runner.Ptrace, runner.Notify} {
		for _, policy := range []*policy.Policy{named(t, "default"), everything} {
			look := func(command string) string {
				sp := warm(view, command)
				sp.Mode, sp.Policy, sp.Limits.Processes = mode, policy, 4
				if mode == runner.Auto {
					sp.Mode = runner.Pool
				}
				before := s.Stats()
				result, out := run(t, s, sp)
				require.Contains(t, []runner.Status{runner.OK, runner.RuntimeError}, result.Status, "%s: %+v\n%s", command, result, out)
				if before.Idle > 0 {
					used(t, s, before)
				}
				if os.Geteuid() != 0 { // whose directories are always new, and their times of now
					out = regexp.MustCompile(`(?m)^(/tmp|/dev/shm)=[0-9.]+ [0-9.]+,`).ReplaceAllString(out, "$1=")
				}
				return out
			}
			channels := strings.Fields(look("residue channels"))
			require.Greater(t, len(channels), 10)
			find, seen := look("residue find"), look("residue look")
			for _, channel := range channels {
				look("residue " + channel)
				assert.Equal(t, seen, look("residue look"), "%s %s: %s", mode, policy.Name(), channel)
				look("residue " + channel)
				assert.Equal(t, find, look("residue find"), "%s %s: %s", mode, policy.Name(), channel)
			}
		}
	}
}

// Where nothing is left, nothing is made new: the directory is the same.
func TestNoResidue(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("an ordinary user's programs own what they write to, so that it is always made new")
	}
	s := openPool(t, runner.PoolOptions{})
	view := together(t, "residue", "tiny", "whoami")
	changed := func(command string) string {
		sp := warm(view, "residue changed") // leaves nothing: it may not
		_, _ = run(t, s, sp)
		_, _ = run(t, s, warm(view, command))
		_, out := run(t, s, warm(view, "residue when"))
		return out
	}
	quiet := changed("tiny")
	require.NotEmpty(t, quiet)
	assert.Equal(t, quiet, changed("whoami"))
	assert.Equal(t, quiet, changed("residue listed"))
	assert.NotEqual(t, quiet, changed("residue made"))
}

// Pid 1, which stays, is woken by nothing that a program does: by its CPU time a program
// could count for the next one.
func TestResidueOfInit(t *testing.T) {
	s := openPool(t, runner.PoolOptions{})
	view := together(t, "residue")
	look := func(command string) string {
		sp := warm(view, command)
		sp.Limits.Processes = 16
		result, out := run(t, s, sp)
		require.Equal(t, runner.OK, result.Status, "%+v\n%s", result, out)
		return out
	}
	used := func() time.Duration {
		used, err := time.ParseDuration(testprog.Values(look("residue init"))["init"] + "s")
		require.NoError(t, err)
		require.Positive(t, used)
		return used
	}
	for _, channel := range []string{"orphans", "init_signals"} {
		before := used()
		look("residue " + channel)
		// It may still be on its way to where it waits, but no more than that.
		assert.Less(t, used()-before, 200*time.Microsecond, channel)
	}
	assert.Empty(t, s.Stats().Discarded)
}

// Views in which a program could change what a path means are not made new in place,
// and each program has its own copy; it is all the same to who looks.
func TestResidueInOtherViews(t *testing.T) {
	s := openPool(t, runner.PoolOptions{})
	program := testprog.Build(t, "residue")
	plain := func() *mount.Tree { return together(t, "residue") }
	for name, view := range map[string]*mount.Tree{
		"a file in a directory": plain().Tmpfs("/box", mount.TmpfsOptions{Mode: 0o777}).Bind(program, "/box/in/program", 0),
		"owned by the program":  plain().Tmpfs("/box", mount.TmpfsOptions{UID: 60000, Mode: 0o700}),
		"without a sticky bit":  plain().Tmpfs("/box", mount.TmpfsOptions{Mode: 0o777}),
		"message queues":        plain().Mqueue("/dev/mqueue"),
	} {
		look := func(command string) string {
			sp := warm(view, command)
			sp.Limits.Processes = 32
			result, out := run(t, s, sp)
			require.Equal(t, runner.OK, result.Status, "%+v\n%s", result, out)
			return out
		}
		find := look("residue find")
		for range 3 {
			look("residue plant")
			assert.Equal(t, find, look("residue find"), name)
		}
	}
	assert.Zero(t, s.Stats().Renewed)
}
