package policy

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/seccomp"
)

// A socket with a path would be a way around rules about files, so there is
// none under them, whatever else the policy lets pass.
func TestSocketsUnderRulesAboutFiles(t *testing.T) {
	for denied, answer := range map[string]string{"": "EACCES", "EPERM": "EPERM", "kill": "kill"} {
		p := parsed(t, "extends: permissive\nfiles: {denied: "+denied+", allow: [{access: [read, write, create, execute], paths: [/**]}]}")
		for call, want := range map[string]string{
			"socket AF_UNIX SOCK_STREAM 0":                 answer,
			"socket AF_UNIX SOCK_DGRAM|SOCK_CLOEXEC 0":     answer,
			"socket AF_INET SOCK_STREAM 0":                 "allow",
			"socketpair AF_UNIX SOCK_STREAM 0":             "allow",
			"socketpair AF_UNIX SOCK_SEQPACKET 0":          "allow",
			"socketpair AF_UNIX SOCK_DGRAM 0":              answer,
			"socketpair AF_UNIX SOCK_DGRAM|SOCK_CLOEXEC 0": answer,
			"socketpair AF_UNIX SOCK_RAW|SOCK_NONBLOCK 0":  answer,
			"connect 3 /run/docker.sock 110":               answer,
			"bind 3 /tmp/new 110":                          answer,
			"bind 3":                                       "ask",
		} {
			got, err := p.Explain(strings.Fields(call)...)
			require.NoError(t, err)
			assert.Equal(t, want, actionText(got.Action), "%s, denied: %q: %s", call, denied, got)
		}
		assert.Contains(t, p.String(), "names of AF_UNIX sockets")
		assert.False(t, p.DecideSocket().Allow)
	}
	p := named(t, "permissive")
	assert.True(t, p.DecideSocket().Allow)
	got, err := p.Explain("socket", "AF_UNIX", "SOCK_DGRAM")
	require.NoError(t, err)
	assert.Equal(t, seccomp.Allow, got.Action)
}
