package runner

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/policy"
)

// A policy that lets any socket pass, whatever kind alone, is one with sockets: its
// programs get a network namespace of their own.
func TestOpensSockets(t *testing.T) {
	for text, want := range map[string]bool{
		"extends: default":    false,
		"extends: jvm":        false,
		"extends: permissive": true,
		"extends: strict\nrules: [{do: allow, calls: [socket], when: [{arg: 0, is: AF_UNIX}, {arg: 1, is: SOCK_DGRAM|SOCK_CLOEXEC}]}]": true,
		"extends: strict\nrules: [{do: allow, calls: [socket], when: [{arg: 2, is: 4}, {arg: 0, is: AF_NETLINK}]}]":                    true,
		"extends: strict\nrules: [{do: allow, calls: [socket], when: [{arg: 2, is: 262}]}]":                                            true,
		"extends: strict\nrules: [{do: ask, calls: [socket], when: [{arg: 0, is: AF_INET}]}]":                                          true,
		"extends: strict\nrules: [{do: allow, calls: [socket], when: [{arg: 0, is: 40}]}]":                                             false, // vsock: the floor
	} {
		rules, err := policy.Parse("test", []byte(text))
		require.NoError(t, err, text)
		opens, err := opensSockets(rules)
		require.NoError(t, err, text)
		assert.Equal(t, want, opens, text)
	}
}
