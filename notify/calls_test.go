package notify_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
)

// Every call does, under a supervisor that allows all, what it does without.
func TestCallsAreAsWithoutASupervisor(t *testing.T) {
	leakcheck.Check(t)
	for name, root := range map[string]bool{"user": false, "root": true} {
		if root && os.Geteuid() != 0 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			plain := run(t, program{name: "path_calls", dir: workDir(t), root: root})
			require.Zero(t, plain.status, plain.output)
			watched := run(t, program{name: "path_calls", dir: workDir(t), root: root, policy: allowAll})
			require.NoError(t, watched.err)
			require.Nil(t, watched.violation)
			assert.Zero(t, watched.status)
			got := strings.Split(watched.output, "\n")
			for i, want := range strings.Split(plain.output, "\n") {
				require.Less(t, i, len(got), want)
				assert.Equal(t, want, got[i])
			}
		})
	}
}
