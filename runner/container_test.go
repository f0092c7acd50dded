package runner_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/runner"
)

// confined says that this binary is root without CAP_SYS_ADMIN, as in a container.
const confined = "RUNNER_TEST_CONFINED"

// TestRootByNameAlone shows a judge in a container that may make user namespaces
// and no others: it is an ordinary user to us.
func TestRootByNameAlone(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("about root")
	}
	if os.Getenv(confined) == "" {
		if _, err := exec.LookPath("setpriv"); err != nil {
			t.Skip(err)
		}
		cmd := exec.Command("setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin",
			os.Args[0], "-test.run", "^TestRootByNameAlone$", "-test.v")
		cmd.Env = append(os.Environ(), confined+"=1")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		assert.Contains(t, string(out), "status ok")
		return
	}
	s, err := runner.New(runner.Options{BestEffort: true})
	require.NoError(t, err)
	defer s.Close()
	result, err := s.Run(context.Background(), runner.Spec{Args: []string{"/bin/true"}})
	require.NoError(t, err)
	fmt.Println("status", result.Status)
}
