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
		t.Run(string(mode), func(t *testing.T) {
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
		})
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

// A relative program is looked for in one place, whoever looks: where it starts,
// and where the second wall lets it be executed.
func TestHostRelativeProgram(t *testing.T) {
	dir, err := os.MkdirTemp("/tmp", "bailiff-host-")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o755))
	code, err := os.ReadFile(testprog.Build(t, "exit"))
	require.NoError(t, err)
	name := filepath.Base(dir) + "/program"
	require.NoError(t, os.WriteFile("/tmp/"+name, code, 0o755))
	// The rules need not speak of the program itself.
	rules, err := policy.Parse("host", []byte("extends: permissive\nfiles: {allow: [{access: [stat], paths: [/**]}]}"))
	require.NoError(t, err)
	here, err := os.Getwd()
	require.NoError(t, err)
	back, err := filepath.Rel(here, "/tmp")
	require.NoError(t, err)
	for _, mode := range watchers {
		s := open(t)
		for about, spec := range map[string]runner.Spec{
			"Dir is /tmp":                    {Args: []string{name, "7"}},
			"Dir is named":                   {Args: []string{"program", "7"}, Dir: dir},
			"Dir is from where the judge is": {Args: []string{name, "7"}, Dir: back},
		} {
			spec.Host, spec.Mode, spec.Policy = true, mode, rules
			result, _ := run(t, s, spec)
			assert.Equal(t, 7, result.ExitCode, "%s, mode %s: %+v", about, mode, result)
		}
	}
}

// Nor does it reach a socket of this machine by its path.
func TestHostSockets(t *testing.T) {
	dir, err := os.MkdirTemp("", "bailiff-host-") // an address has no room for t.TempDir
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o777))
	testprog.Sockets(t, dir)
	program := testprog.Build(t, "race_socket")
	for denied, status := range map[string]runner.Status{"EACCES": runner.OK, "kill": runner.ForbiddenAccess} {
		rules, err := policy.Parse("host", []byte(`
extends: permissive
files: {denied: `+denied+`, allow: [{access: [read, write, create, execute, stat], paths: [/**]}]}
`))
		require.NoError(t, err)
		for _, mode := range watchers {
			t.Run(denied+" "+string(mode), func(t *testing.T) {
				s := open(t)
				result, out := run(t, s, runner.Spec{Args: []string{program, "reach", dir}, Host: true, Mode: mode, Policy: rules, Loopback: true})
				require.Equal(t, status, result.Status, "%s: %+v", mode, result)
				if status == runner.ForbiddenAccess {
					assert.Equal(t, "socket", result.Violation.Syscall)
					return
				}
				got := testprog.Values(out)
				assert.Equal(t, "ok", got["tcp"], "%s %s", mode, out)
				for _, name := range []string{"stream", "message", "bind", "sendto", "pair_sendmsg", "pair_secret", "pair_missing", "pair_bind"} {
					assert.Equal(t, "EACCES", got[name], "%s %s", mode, name)
				}
				assert.NoFileExists(t, filepath.Join(dir, "new"))
			})
		}
	}
}
