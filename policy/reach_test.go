package policy

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReaches(t *testing.T) {
	p, err := Parse("test", []byte(`
extends: permissive
files:
  allow:
    - {access: [read], paths: [/usr/**, /etc/passwd, /srv/, "/var/lib/x*/y?", "/[ab]", "/**"]}
    - {access: [write, create], paths: [/tmp/**]}
  deny:
    - {access: [read], paths: [/usr/secret]}
`))
	require.NoError(t, err)
	assert.Equal(t, []Reach{
		{"/usr", Read}, {"/etc/passwd", Read}, {"/srv", Read}, {"/var/lib", Read}, {"/", Read}, {"/", Read},
		{"/tmp", Write | Create},
	}, p.Reaches())
	p, err = Named("default")
	require.NoError(t, err)
	assert.Nil(t, p.Reaches())
}
