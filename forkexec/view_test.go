package forkexec_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/mount"
)

// isolated is a sandbox as a judge makes it, without the namespaces named:
// a program at /program in a root of five read-only binds and two tmpfs.
func isolated(t testing.TB, program string, without forkexec.Namespace) forkexec.Config {
	t.Helper()
	view := new(mount.Tree).
		Bind("/usr", "/usr", 0).Bind("/etc", "/etc", 0).Bind("/bin", "/bin", 0).Bind("/lib", "/lib", 0).
		Bind(testprog.Build(t, program), "/program", 0).
		Tmpfs("/tmp", mount.TmpfsOptions{Size: 1 << 20, Mode: 0o1777}).
		Tmpfs("/box", mount.TmpfsOptions{Size: 1 << 20})
	return in(forkexec.Config{Path: "/program", Files: 3, Mounts: view, Dir: "/box"}, forkexec.AllNamespaces&^without)
}

func TestRootIsTheTree(t *testing.T) {
	leakcheck.Check(t)
	config := isolated(t, "whoami", 0)
	config.Mounts.Proc("/proc", true)
	text, state := output(t, config, forkexec.Inputs{})
	require.Zero(t, state.Status.ExitStatus(), text)
	got := testprog.Values(text)
	entries, mounts := []string{}, []string{}
	for name, value := range got {
		if entry, ok := strings.CutPrefix(name, "root_entry["); ok {
			entries = append(entries, strings.TrimSuffix(entry, "]"))
		}
		if strings.HasPrefix(name, "mount[") {
			mounts = append(mounts, strings.Fields(value)[4])
		}
	}
	assert.ElementsMatch(t, []string{"usr", "etc", "bin", "lib", "program", "tmp", "box", "proc"}, entries)
	assert.Subset(t, mounts, []string{"/", "/usr", "/etc", "/bin", "/lib", "/program", "/tmp", "/box", "/proc"})
	assert.Equal(t, "/box", got["cwd"])
	assert.Equal(t, noCapabilities, capabilitySets(got))
}

func TestNoWayToWriteOrOut(t *testing.T) {
	leakcheck.Check(t)
	marker := filepath.Join(t.TempDir(), "marker")
	require.NoError(t, os.WriteFile(marker, nil, 0o644))
	for _, user := range []bool{false, true} {
		if !user && !isRoot() {
			continue
		}
		sandbox := func(program string) forkexec.Config {
			config := isolated(t, program, 0)
			if !user {
				config.Namespaces &^= forkexec.User
				config.UIDMap, config.GIDMap = nil, nil
			}
			config.Mounts.Devices().Proc("/proc", false)
			return config
		}
		text, state := output(t, sandbox("escape_write"), forkexec.Inputs{})
		require.Zero(t, state.Status.ExitStatus(), text)
		got := testprog.Values(text)
		assert.NotEqual(t, "", got["directories"])
		delete(got, "directories")
		for name := range got {
			if strings.HasPrefix(name, "opened[/proc/") {
				delete(got, name) // of the machine: credentials decide, not mounts
			}
		}
		assert.Equal(t, map[string]string{"created[/tmp]": "ok", "created[/box]": "ok"}, got)

		config := sandbox("escape_root")
		config.Args = []string{"escape_root", marker}
		text, state = output(t, config, forkexec.Inputs{})
		require.Zero(t, state.Status.ExitStatus(), text)
		for way, result := range testprog.Values(text) {
			assert.NotEqual(t, "ok", result, way)
		}
		assert.Contains(t, text, "plain=ENOENT")
	}
}
