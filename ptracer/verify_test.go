package ptracer_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/ptracer"
	"github.com/bailiff-judge/bailiff/supervisor"
)

// shell runs a command by sh, under a handler.
func shell(t *testing.T, command string, o ptracer.Options) outcome {
	t.Helper()
	return run(t, program{name: "sh", path: "/bin/sh", args: []string{"-c", command}, ask: pathCalls}, o)
}

// The kernel opens the interpreter of a script, and the dynamic loader that a
// program names, without asking anybody.
func TestWhatAProgramBringsAlongIsAskedAbout(t *testing.T) {
	dir, public, secret := twoFiles(t)
	script := filepath.Join(dir, "script")
	require.NoError(t, os.WriteFile(script, []byte("#!"+secret+"\n"), 0o755))
	interpreter, err := os.ReadFile("/bin/true")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(secret, interpreter, 0o755))
	require.NoError(t, os.Chmod(secret, 0o755))
	allowed := filepath.Join(dir, "allowed")
	require.NoError(t, os.WriteFile(allowed, []byte("#!/bin/sh\nexec true\n"), 0o755))
	require.NoError(t, os.WriteFile(public, []byte("#!/bin/sh\n"), 0o755))

	loader := supervisor.HandlerFunc(func(c *supervisor.Call) supervisor.Answer {
		for _, f := range c.Files {
			if c.Name == "execve" && strings.Contains(f.Path, "/ld-") && f.Access == policy.Read {
				return supervisor.Answer{Kind: supervisor.Fail, Errno: unix.EACCES, Rule: "no loader"}
			}
		}
		return supervisor.Answer{}
	})
	for name, test := range map[string]struct {
		command string
		handler supervisor.Handler
		file    string // in the violation, "" for none
	}{
		"a script's interpreter":    {"exec " + script, forbid(filepath.Dir(secret)), secret},
		"beside others":             {"sleep 100 & exec " + script, forbid(filepath.Dir(secret)), secret},
		"one that is allowed":       {allowed, forbid(filepath.Dir(secret)), ""},
		"the loader of a program":   {"exec /bin/true", loader, "/ld-"},
		"a loader that is allowed":  {"exec /bin/true", forbid("/nowhere"), ""},
		"a program, when it's read": {"cat " + secret, forbid(filepath.Dir(secret)), "cat"},
	} {
		t.Run(name, func(t *testing.T) {
			leakcheck.Check(t)
			got := shell(t, test.command, ptracer.Options{Handler: test.handler})
			switch test.file {
			case "":
				got.exited(t, 0)
			case "cat":
				got.exited(t, 1)
				assert.Contains(t, got.output, "Permission denied")
			default:
				require.NoError(t, got.err)
				require.NotNil(t, got.Violation, got.output)
				assert.Equal(t, "execve", got.Violation.Syscall)
				assert.Contains(t, got.Violation.Files[0].Path, test.file)
				assert.Equal(t, unix.SIGKILL, got.State.Status.Signal())
			}
		})
	}
}
