package notify_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/testprog"
)

// Whoever shares the memory that the path of a program is in is found, however
// it hides. Against a check that asks the first threads of processes once, all
// but fifo have succeeded.
func TestSharersAreFound(t *testing.T) {
	milliseconds := 3000
	if testing.Short() {
		milliseconds = 500
	}
	for _, kind := range []string{"leader", "hop", "fifo", "vfork"} {
		t.Run(kind, func(t *testing.T) {
			leakcheck.Check(t)
			dir, public, secret, _ := twoFiles(t)
			// Nothing on the way can be changed, so that it is up to the memory alone.
			policy := fmt.Sprintf(`
default: allow
files:
  allow: [{access: [read, write, create, execute], paths: ["/**"]}]
  deny:
    - {access: [write, create], paths: [%[1]s, %[1]s/public/**]}
    - {access: [read, execute], paths: [%[1]s/secret/**]}`, dir)
			for name, program := range map[string]string{public: "tiny", secret: "exit"} {
				code, err := os.ReadFile(testprog.Build(t, program))
				require.NoError(t, err)
				require.NoError(t, os.WriteFile(name, code, 0o755))
				require.NoError(t, os.Chmod(name, 0o755))
			}
			got := run(t, program{name: "race_share", args: []string{kind, public, secret, strconv.Itoa(milliseconds)}, policy: policy, dir: dir})
			require.NoError(t, got.err)
			assert.Zero(t, got.status, got.output)
			values := testprog.Values(got.output)
			t.Log(values)
			assert.Equal(t, "0", values["leaked"])
			if !testing.Short() { // on a busy machine half a second is no try
				assert.NotEqual(t, "0", values["refused"])
			}
		})
	}
}
