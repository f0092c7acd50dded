package notify_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/testprog"
)

// What languages' libraries do at their start is done right, by programs with
// many threads and files.
func TestEveryLanguageRuns(t *testing.T) {
	const policy = `
extends: default
files:
  allow:
    - {access: [read, execute], paths: ["/**"]}
    - {access: [write, create], paths: ["/tmp/**", "/dev/null", "/proc/self/**"]}
  deny: [{access: [stat], paths: ["/nowhere/**"]}]`
	for _, language := range testprog.Languages() {
		t.Run(language, func(t *testing.T) {
			command := testprog.BuildLanguage(t, language)
			leakcheck.Check(t)
			read, write, err := os.Pipe()
			require.NoError(t, err)
			_, err = write.WriteString("1 2 39\n")
			require.NoError(t, err)
			require.NoError(t, write.Close())
			defer read.Close()
			got := run(t, program{path: command[0], args: command[1:], stdin: read, policy: policy, dir: "/tmp"})
			require.NoError(t, got.err)
			if assert.Nil(t, got.violation) {
				assert.Equal(t, "42\n", got.output, "%v", got.status)
			} else {
				t.Log(*got.violation)
			}
		})
	}
}

// A compiler is many processes that execute each other and write files.
func TestCompilersRun(t *testing.T) {
	const policy = `
extends: compiler
files:
  allow: [{access: [read, execute], paths: ["/**"]}, {access: [write, create], paths: ["/tmp/**", "/dev/null"]}]`
	languages, err := filepath.Abs("../testdata/languages")
	require.NoError(t, err)
	for tool, source := range map[string]string{"gcc": "sum.c", "g++": "sum.cpp"} {
		t.Run(tool, func(t *testing.T) {
			path, err := exec.LookPath(tool)
			if err != nil {
				t.Skipf("%s is not in $PATH: install it", tool)
			}
			dir := workDir(t)
			leakcheck.Check(t)
			args := []string{"-O1", "-o", dir + "/out", filepath.Join(languages, source)}
			got := run(t, program{path: path, args: args, policy: policy, dir: dir,
				config: func(c *forkexec.Config) {
					c.Env = []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + dir}
				}})
			require.NoError(t, got.err)
			require.Nil(t, got.violation)
			assert.Zero(t, got.status, got.output)
			assert.FileExists(t, dir+"/out")
		})
	}
}
