package policy

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/seccomp"
)

func TestNamedPoliciesCompile(t *testing.T) {
	for _, name := range Names() {
		p, err := Load(name)
		require.NoError(t, err)
		assert.NotEmpty(t, p.About())
		_, err = p.Filter(FilterOptions{Kill: seccomp.Notify})
		assert.NoError(t, err, name)
	}
}
