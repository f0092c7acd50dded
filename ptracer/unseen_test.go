package ptracer_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/ptracer"
)

// What an ordinary user may execute but not read, it may not look at either.
func TestUnreadableProgram(t *testing.T) {
	leakcheck.Check(t)
	program := filepath.Join(t.TempDir(), "tiny")
	copyProgram(t, "tiny", program)
	require.NoError(t, os.Chmod(program, 0o111))
	got := shell(t, "exec "+program, ptracer.Options{Handler: forbid("/nowhere")})
	if os.Geteuid() == 0 {
		got.exited(t, 0)
		return
	}
	require.NoError(t, got.err)
	require.NotNil(t, got.Violation)
	assert.Equal(t, "execve", got.Violation.Syscall)
	assert.Contains(t, got.Violation.Rule, "can't be looked at")
}
