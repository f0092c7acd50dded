package runner_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/landlock"
	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/runner"
)

// In the judge's own file system it is the policy that keeps a program from files.
func TestHost(t *testing.T) {
	dir := t.TempDir()
	open755(t, dir)
	for _, name := range []string{"shown", "hidden"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("text"), 0o644))
	}
	program := testprog.Build(t, "escape_files")
	rules, err := policy.Parse("host", []byte(`
extends: permissive
files:
  denied: EACCES
  allow:
    - {access: [read, stat], paths: [`+filepath.Join(dir, "shown")+`]}
    - {access: [read, execute, stat], paths: [`+program+`]}
`))
	require.NoError(t, err)
	for _, mode := range watchers {
		s := open(t)
		result, out := run(t, s, runner.Spec{
			Args: []string{program, filepath.Join(dir, "shown"), filepath.Join(dir, "hidden")}, Dir: "/", Host: true, Mode: mode, Policy: rules,
		})
		require.Equal(t, runner.OK, result.Status, "%s: %+v", mode, result)
		got := testprog.Values(out)
		assert.Equal(t, "ok", got["read["+filepath.Join(dir, "shown")+"]"], "%s %s", mode, out)
		assert.Equal(t, "EACCES", got["read["+filepath.Join(dir, "hidden")+"]"], mode)
		assert.Equal(t, "EACCES", got["read[/etc/passwd]"], mode)
		for name, value := range got {
			if name != "read["+filepath.Join(dir, "shown")+"]" {
				assert.NotEqual(t, "ok", value, "%s %s", mode, name)
			}
		}
	}
	s := open(t)
	if _, err := landlock.ABI(); err == nil {
		text, err := s.Explain(runner.Spec{Args: []string{program}, Host: true, Policy: rules})
		require.NoError(t, err)
		assert.Contains(t, text, "landlock_restrict_self", "the second wall")
	}
	for text, spec := range map[string]runner.Spec{
		"no rules about files": {Args: []string{program}, Host: true, Mode: runner.Ptrace},
		"no Root to show":      {Args: []string{program}, Host: true, Mode: runner.Ptrace, Policy: rules, Root: runner.SystemRoot()},
	} {
		_, err := s.Run(t.Context(), spec)
		assert.ErrorContains(t, err, text)
	}
}

// open755 lets everybody search a directory of t.TempDir.
func open755(t *testing.T, dir string) {
	t.Helper()
	for ; dir != "/" && dir != os.TempDir(); dir = filepath.Dir(dir) {
		require.NoError(t, os.Chmod(dir, 0o755))
	}
}
