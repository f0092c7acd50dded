package selftest_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/selftest"
)

// weakened builds runprog so that a protection can be left out.
func weakened(t *testing.T) string {
	t.Helper()
	command := filepath.Join(t.TempDir(), "runprog")
	out, err := exec.Command("go", "build", "-tags", "weaken", "-buildvcs=false", "-o", command, "github.com/bailiff-judge/bailiff/cmd/runprog").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return command
}

// broken are the attacks that succeed without these protections.
func broken(t *testing.T, command, without, only string) (list []string) {
	t.Helper()
	cmd := exec.Command(command, "selftest", "--format", "json", "--only", only)
	cmd.Env = append(os.Environ(), "BAILIFF_WEAKEN="+without)
	// Descriptors that stay open over execve, as a careless parent leaves them: only
	// then has close_range something to close. The first few numbers a set-up takes for
	// its own.
	root, err := os.Open("/")
	require.NoError(t, err)
	defer root.Close()
	cmd.ExtraFiles = slices.Repeat([]*os.File{root}, 16)
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	err = cmd.Run()
	var reports []struct{ Command, Verdict, Evidence string }
	require.NoError(t, json.Unmarshal(out.Bytes(), &reports), "%v: %s", err, stderr.String())
	require.NotEmpty(t, reports)
	for _, r := range reports {
		if r.Verdict == selftest.Broken.String() {
			list = append(list, r.Command+": "+r.Evidence)
		}
	}
	return list
}

// TestEveryProtectionIsMissed takes protections away, one at a time. An attack
// then succeeds; or it is stopped by a second layer, and succeeds when that is
// taken away with it.
func TestEveryProtectionIsMissed(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("an ordinary user's programs have other protections, and fewer")
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip(err)
	}
	leakcheck.Check(t)
	command := weakened(t)
	for _, row := range []struct {
		protection string
		second     string // what stops the attack without it, "" if nothing does
		attack     string
	}{
		{"seccomp", "", "escape_kernel"},
		{"namespace net", "", "connect 127.0.0.1"},
		{"namespace ipc", "", "ipc_sysv"},
		{"namespace uts", "", "whoami"},
		{"namespace cgroup", "", "whoami"},
		{"namespace pid", "", "whoami"},
		{"cgroup", "", "touch 200"},
		{"rlimit fsize", "", "output_file /tmp/big"},
		{"rlimit core", "", "whoami"},
		{"rlimit stack", "", "memory_stack 6"},
		{"credentials", "", "whoami"},
		{"close_range", "", "whoami"},
		{"readonly", "credentials", "/usr/bin/env"},
		{"sysctl", "seccomp", "escape_namespace"},
		{"capabilities", "credentials", "whoami"},
		{"keyring", "seccomp", "ipc_keyring"},
	} {
		t.Run(row.protection, func(t *testing.T) {
			assert.Empty(t, broken(t, command, "", row.attack), "with everything")
			alone := broken(t, command, row.protection, row.attack)
			if row.second == "" {
				assert.NotEmpty(t, alone, "nothing misses it")
				return
			}
			assert.Empty(t, alone, "stopped by a second layer")
			assert.NotEmpty(t, broken(t, command, row.protection+","+row.second, row.attack), "nothing misses both")
		})
	}
	// The kernel loads no filter without it: no program is started at all.
	cmd := exec.Command(command, "selftest", "--only", "whoami")
	cmd.Env = append(os.Environ(), "BAILIFF_WEAKEN=no_new_privs")
	out, err := cmd.CombinedOutput()
	assert.Error(t, err)
	assert.Contains(t, string(out), "needs no_new_privs")
}
