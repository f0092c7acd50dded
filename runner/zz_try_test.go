package runner_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/runner"
)

func TestTry(t *testing.T) {
	for _, pol := range []string{"permissive", "default"} {
		p, err := policy.Named(pol)
		require.NoError(t, err)
		for _, c := range strings.Split(os.Getenv("TRY"), ";") {
			s := open(t)
			sp := spec(t, c)
			sp.Policy = p
			sp.Limits = runner.Limits{Processes: 16}
			r, out := run(t, s, sp)
			t.Logf("== %s under %s: %v exit %d signal %v violation %+v\n%s", c, pol, r.Status, r.ExitCode, r.Signal, r.Violation, out)
		}
	}
}
