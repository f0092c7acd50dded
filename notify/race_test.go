package notify_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/testprog"
)

// twoFiles are a file that may be read and one that may not, a directory that
// leads to the first and a link that leads to the second, and a policy.
func twoFiles(t testing.TB) (dir, public, secret, policy string) {
	t.Helper()
	dir = workDir(t)
	for name, text := range map[string]string{"public/data": "PUBLIC", "secret/data": "SECRET", "dir/data": "PUBLIC"} {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	if os.Geteuid() == 0 {
		require.NoError(t, os.Chown(dir+"/dir", user, user))
	}
	require.NoError(t, os.Symlink("secret", filepath.Join(dir, "other")))
	policy = fmt.Sprintf(`
default: allow
files:
  allow: [{access: [read, write, create, execute], paths: ["/**"]}]
  deny: [{access: [read, execute], paths: ["%s/secret/**"]}]`, dir)
	return dir, dir + "/public/data", dir + "/secret/data", policy
}

// Whatever a program changes between check and use, what it gets is what was
// checked. Each attack is known to succeed against a check of paths alone.
func TestPathsAreNotRaced(t *testing.T) {
	duration := 10 * time.Second
	if testing.Short() {
		duration = 2 * time.Second
	}
	for kind, share := range map[string]time.Duration{"threads": 1, "shared": 4, "symlink": 4, "rename": 4,
		"cwd": 8, "cwdtask": 8, "dirfd": 8, "dirtask": 8} {
		t.Run(kind, func(t *testing.T) {
			leakcheck.Check(t)
			dir, public, secret, policy := twoFiles(t)
			ms := strconv.Itoa(int((duration / share).Milliseconds()))
			got := run(t, program{name: "race_path", args: []string{kind, public, secret, ms}, policy: policy, dir: dir})
			require.NoError(t, got.err)
			assert.Zero(t, got.status, got.output)
			values := testprog.Values(got.output)
			t.Log(values)
			assert.Equal(t, "0", values["leaked"])
			assert.NotEqual(t, "0", values["opened"])
			assert.NotEqual(t, "0", values["refused"])
		})
	}
}

// The path is in memory whose pages another thread provides, and provides anew
// for each look: what was read first is what is opened.
func TestPathFromUserfaultfd(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("an ordinary user's userfaultfd is for faults in user mode only, and reading is none")
	}
	leakcheck.Check(t)
	dir, public, secret, policy := twoFiles(t)
	got := run(t, program{name: "race_path", args: []string{"fault", public, secret, "500"}, policy: policy, dir: dir, root: true})
	require.NoError(t, got.err)
	assert.Zero(t, got.status, got.output)
	values := testprog.Values(got.output)
	t.Log(values)
	assert.Equal(t, "0", values["leaked"])
	assert.NotEqual(t, "0", values["opened"])
}

// What may not be changed stays as it is, although only the policy protects it.
func TestChangesAreNotRaced(t *testing.T) {
	for _, kind := range []string{"memory", "symlink"} {
		t.Run(kind, func(t *testing.T) {
			leakcheck.Check(t)
			dir, public, secret, policy := twoFiles(t)
			policy = strings.Replace(policy, "[read, execute]", "[read, write, create]", 1)
			if os.Geteuid() == 0 {
				for _, name := range []string{"public", "public/data", "secret", "secret/data"} {
					require.NoError(t, os.Chown(filepath.Join(dir, name), user, user))
				}
			}
			before, err := os.Stat(secret)
			require.NoError(t, err)
			got := run(t, program{name: "race_change", args: []string{kind, public, secret, "1000"}, policy: policy, dir: dir})
			require.NoError(t, got.err)
			assert.Zero(t, got.status, got.output)
			values := testprog.Values(got.output)
			t.Log(values)
			assert.NotEqual(t, "0", values["done"])
			assert.NotEqual(t, "0", values["refused"])
			after, err := os.Stat(secret)
			require.NoError(t, err)
			assert.Equal(t, before.Sys().(*syscall.Stat_t).Ctim, after.Sys().(*syscall.Stat_t).Ctim, "nothing about it was changed")
			text, err := os.ReadFile(secret)
			require.NoError(t, err)
			assert.Equal(t, "SECRET", string(text))
		})
	}
}
