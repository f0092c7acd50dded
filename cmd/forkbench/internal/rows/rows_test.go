package rows

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/cgroup"
	"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/bench"
	"github.com/bailiff-judge/bailiff/internal/leakcheck"
)

func newEnv(t *testing.T) *Env {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	e, err := NewEnv([]string{self, serveArgument}, 2)
	require.NoError(t, err)
	t.Cleanup(func() {
		assert.NoError(t, e.Close())
		assert.NoDirExists(t, e.dir)
	})
	return e
}

func row(t *testing.T, e *Env, id string) bench.Row {
	t.Helper()
	all := e.All()
	i := slices.IndexFunc(all, func(r bench.Row) bool { return r.ID() == id })
	require.GreaterOrEqual(t, i, 0, "there is no row %s", id)
	return all[i]
}

// absent says why a row may be missing here, by asking what it needs itself;
// "" if nothing excuses it.
func absent(t *testing.T, r bench.Row) string {
	switch r.Group {
	case PeerGroup:
		return "a peer need not be installed"
	case ParentGroup:
		return "there may be too little memory"
	case "cgroup":
		m, err := cgroup.Open(cgroup.Options{})
		if err != nil {
			return err.Error()
		}
		require.NoError(t, m.Close())
	case "namespace", "mounts", "run", ScalingGroup:
		if strings.HasPrefix(r.Name, "warm") {
			return absent(t, bench.Row{Group: "cgroup"})
		}
		if r.Name == "time" {
			return "before Linux 6.3 no child that shares memory can have one"
		}
		if err := exec.Command("unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "true").Run(); err != nil && os.Geteuid() != 0 {
			return "the kernel gives ordinary users no namespaces: " + err.Error()
		}
	}
	return ""
}

// TestEveryRow measures each one for real.
func TestEveryRow(t *testing.T) {
	e := newEnv(t)
	seen := map[string]bool{}
	for _, r := range e.All() {
		assert.False(t, seen[r.ID()], "%s is another row's name, too", r.ID())
		seen[r.ID()] = true
		t.Run(r.ID(), func(t *testing.T) {
			leakcheck.Check(t)
			assert.NotEmpty(t, r.About)
			if r.Group == PeerGroup {
				assert.NotEmpty(t, r.Differs, "what differs from a sandbox of ours is said")
			}
			subject, err := r.Open()
			if reason, ok := errors.AsType[*bench.Unavailable](err); ok {
				why := absent(t, r)
				require.NotEmpty(t, why, "unavailable: %v", reason)
				t.Skipf("%v (%s)", reason, why)
			}
			require.NoError(t, err)
			const budget = 2 * time.Millisecond
			batch, err := subject.Measure(budget)
			if reason, ok := errors.AsType[*bench.Unavailable](err); ok && absent(t, r) != "" {
				assert.NoError(t, subject.Close())
				t.Skip(reason)
			}
			if subject.Close != nil {
				defer func() { assert.NoError(t, subject.Close()) }()
			}
			require.NoError(t, err)
			require.NotEmpty(t, batch.Samples)
			for _, sample := range batch.Samples {
				assert.Positive(t, sample)
			}
			if r.Workers == 0 && !strings.Contains(r.Name, "to exec") {
				assert.LessOrEqual(t, slices.Max(batch.Samples), batch.Took)
			}
			assert.GreaterOrEqual(t, len(batch.Samples), max(1, r.Workers))
		})
	}
	assert.Contains(t, seen, Floor)
}

func TestWorkerCounts(t *testing.T) {
	for cpus, want := range map[int][]int{
		1: {1, 2}, 2: {1, 2, 3, 4}, 3: {1, 2, 3, 4, 6}, 4: {1, 2, 3, 4, 8}, 12: {1, 2, 3, 4, 8, 12, 16, 24},
		64: {1, 2, 3, 4, 8, 16, 32, 64, 128},
	} {
		assert.Equal(t, want, workerCounts(cpus), "%d CPUs", cpus)
	}
}

func TestFiltersAreAsLargeAsTheySay(t *testing.T) {
	names := allowed()
	assert.Len(t, names, filterCalls)
	assert.Len(t, slices.Compact(slices.Sorted(slices.Values(names))), filterCalls)
}

func TestAProgramThatFailsIsAnError(t *testing.T) {
	leakcheck.Check(t)
	e := newEnv(t)
	missing := filepath.Join(e.dir, "missing")
	for name, open := range map[string]func(string) (func() error, error){"vfork": vforkExec, "fork": forkExec} {
		once, err := open("/bin/false")
		require.NoError(t, err)
		assert.ErrorContains(t, once(), "exited with 1", name)
		once, err = open(missing)
		require.NoError(t, err)
		assert.Error(t, once(), name)
	}
	assert.Error(t, osExec("/bin/false")())
}

func TestSharedIsOpenedOnceAndClosedByTheLast(t *testing.T) {
	var log []string
	fail := true
	s := &shared[int]{
		open: func() (int, error) {
			log = append(log, "open")
			if fail {
				return 0, errors.New("not yet")
			}
			return 7, nil
		},
		close: func(int) error { log = append(log, "close"); return nil },
	}
	_, err := s.take()
	require.Error(t, err)
	fail = false
	for range 2 {
		got, err := s.take()
		require.NoError(t, err)
		assert.Equal(t, 7, got)
	}
	require.NoError(t, s.give())
	assert.NotContains(t, log, "close")
	require.NoError(t, s.give())
	assert.Equal(t, []string{"open", "open", "close"}, log)
}

func TestPeersThatAreNotThere(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	e := newEnv(t)
	for _, r := range e.peers() {
		_, err := r.Open()
		reason, ok := errors.AsType[*bench.Unavailable](err)
		require.True(t, ok, "%s: %v", r.Name, err)
		assert.NotEmpty(t, reason.Reason, r.Name)
		assert.NotEmpty(t, reason.Mend, r.Name)
	}
}

// A peer that is there but fails says what it said itself.
func TestPeerThatFails(t *testing.T) {
	leakcheck.Check(t)
	bin := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(bin, "bwrap"), []byte("#!/bin/sh\necho no such luck >&2\nexit 3\n"), 0o755))
	t.Setenv("PATH", bin)
	e := newEnv(t)
	_, err := row(t, e, "peer/bubblewrap").Open()
	reason, ok := errors.AsType[*bench.Unavailable](err)
	require.True(t, ok, "%v", err)
	assert.Contains(t, reason.Reason, "no such luck")
}

// TestGoSandbox builds the helper program from its own module, and measures.
func TestGoSandbox(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("root's run builds it; without root's cache that takes a minute, and is no other")
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skipf("the go command is needed to build it: %v", err)
	}
	source, err := sourceDir()
	require.NoError(t, err)
	download := exec.Command("go", "mod", "download")
	download.Dir = source
	if said, err := download.CombinedOutput(); err != nil {
		t.Skipf("the library can't be fetched: %v: %s", err, said)
	}
	leakcheck.Check(t)
	cache, err := exec.Command("go", "env", "GOCACHE").Output()
	require.NoError(t, err)
	t.Setenv("GOCACHE", strings.TrimSpace(string(cache))) // not in the next one, which is empty
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	var log strings.Builder
	require.NoError(t, BuildPeers(t.Context(), &log), "%s", &log)
	e := newEnv(t)
	for _, r := range e.goSandbox() {
		subject, err := r.Open()
		require.NoError(t, err)
		batch, err := subject.Measure(time.Millisecond)
		assert.NoError(t, err)
		assert.NotEmpty(t, batch.Samples)
		assert.NoError(t, subject.Close())
	}
}

func TestBuildPeersWantsTheSources(t *testing.T) {
	t.Chdir(t.TempDir())
	var log strings.Builder
	assert.ErrorContains(t, BuildPeers(t.Context(), &log), "checkout")
}
