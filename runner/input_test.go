package runner_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/runner"
)

// Whatever a program does to its stdin, the file that the judge gave it stays as
// it is for the next run: also one that everybody may write to.
func TestInputStays(t *testing.T) {
	for _, mode := range []os.FileMode{0o644, 0o666} {
		name := filepath.Join(t.TempDir(), "input")
		require.NoError(t, os.WriteFile(name, []byte("1 2\n"), mode))
		require.NoError(t, os.Chmod(name, mode))
		for _, p := range []string{"default", "permissive"} {
			file, err := os.Open(name)
			require.NoError(t, err)
			result, out := run(t, open(t), runner.Spec{
				Args: []string{"/bin/sh", "-c", `read line; echo "$line"
					for name in /dev/stdin /proc/self/fd/0; do (echo changed >>$name); (echo changed >$name); chmod 777 $name; done
					exit 0`},
				Stdin: file, Policy: named(t, p), Limits: runner.Limits{Processes: 4},
			})
			require.NoError(t, file.Close())
			assert.Equal(t, runner.OK, result.Status, "%+v\n%s", result, out)
			assert.Contains(t, out, "1 2\n")
			text, err := os.ReadFile(name)
			require.NoError(t, err)
			assert.Equal(t, "1 2\n", string(text), "%o %s", mode, p)
			info, err := os.Stat(name)
			require.NoError(t, err)
			assert.Equal(t, mode, info.Mode())
		}
	}
}
