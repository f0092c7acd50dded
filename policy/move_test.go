package policy_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/policy"
)

// A rule about a name holds for what had it: it does not help to call that, or
// a directory above it, otherwise.
func TestMovesAllowNothing(t *testing.T) {
	p, err := policy.Parse("test", []byte(`
extends: permissive
files:
  allow:
    - {access: [read, write, create], paths: [/tmp/**, /other/**]}
    - {access: [write, create], paths: [/out/**]}
    - {access: [execute], paths: ["/tmp/*/bin/*"]}
    - {access: [read, write, create], paths: [/flat/]}
  deny:
    - {access: [stat], paths: [/tmp/a/secret/**, /tmp/b/key]}
    - {access: [write], paths: [/other/kept/]}
`))
	require.NoError(t, err)
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"/tmp/x", "/tmp/y", true},
		{"/tmp/x", "/out/x", true},
		{"/out/x", "/out/y", true},
		{"/flat/x", "/flat/y", true},
		{"/flat/x", "/out/x", false}, // what is in it could not be written to
		{"/tmp/x", "/flat/y", true},
		{"/flat/x", "/tmp/x", false},
		{"/out/x", "/tmp/x", false}, // it could be read there
		{"/out/x", "/flat/x", false},
		{"/tmp/a", "/tmp/c", false}, // with what is in it
		{"/tmp/b", "/tmp/c", false},
		{"/tmp/b/x", "/tmp/c/x", true},
		{"/tmp/a/x", "/tmp/c/x", true},
		{"/tmp/a/x", "/tmp/c", false}, // as above
		{"/tmp/a/secret", "/tmp/c", false},
		{"/tmp/b/key", "/tmp/c", false},
		{"/tmp/x", "/tmp/a", true},
		{"/tmp/x/y", "/tmp/y", false}, // its y/bin could be executed there
		{"/tmp/x/y", "/tmp/x/z", true},
		{"/tmp/x/bin", "/tmp/x/lib", true},
		{"/tmp/x/lib", "/tmp/x/bin", false},
		{"/tmp/x/bin/f", "/tmp/x/bin/g", true},
		{"/tmp/x/f", "/tmp/x/bin/f", false},
		{"/other/kept", "/other/free", false},
		{"/other/kept/dir", "/other/free", false},
		{"/other/free", "/other/kept", true},
		{"/", "/tmp/x", false},
	} {
		d := p.DecideMove(c.from, c.to)
		assert.Equal(t, c.want, d.Allow, "%s to %s: %s", c.from, c.to, d.Rule)
	}
}
