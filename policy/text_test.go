package policy

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestPolicyAsText(t *testing.T) {
	text := named(t, "jvm").String()
	for _, want := range []string{
		"jvm: Programs on a Java virtual machine",
		"jvm rule 1: EAFNOSUPPORT socket if arg0 == AF_INET6",
		"EAGAIN clone if arg0 & (CLONE_THREAD) == 0",
		"threads rule 1: allow clone if arg0 has CLONE_VM|CLONE_SIGHAND|CLONE_THREAD",
		"PR_SET_NAME", "TCGETS2", "default of interpreter: ENOSYS", "floor rule 1: ENOSYS clone3",
		"$threads: Waiting for and scheduling threads",
	} {
		assert.Contains(t, text, want)
	}
	assert.NotContains(t, text, "Paths:")
	p := parsed(t, `
rules:
  - do: allow
    calls: [fcntl]
    when:
      - any: [{arg: 1, in: [1, 30]}, {all: [{arg: 1, from: -1, to: 40, type: long}, {arg: 2, not: 0}]}]
      - {arg: 0, mask: 0xf0, is: 0x20}
  - {do: kill, calls: [unshare], when: [{arg: 0, any_bit: 0x10000001}]}
files: {allow: [{access: [read, stat], paths: [/a/**]}], deny: [{access: [write], paths: [/a/]}]}
`)
	assert.Equal(t, "allow if (arg1 in {1, 0x1e} or (arg1 in -1..40 and arg2 != 0)) and arg0 & (0xf0) == 0x20, else kill", p.Describe("fcntl"))
	assert.Equal(t, "kill if arg0 has any of CLONE_NEWUSER|1, else kill", p.Describe("unshare"))
	assert.Contains(t, p.String(), "Paths:\n  all other paths: EACCES\n  allow /a/**: read|stat\n  deny /a/: write\n")
}

func TestDiff(t *testing.T) {
	same := named(t, "strict")
	assert.Empty(t, Diff(same, same))
	a := parsed(t, "rules: [{do: allow, calls: [read, write]}]\nfiles: {allow: [{access: [read], paths: [/a]}, {access: [read], paths: [/b]}]}")
	b := parsed(t, "default: EPERM\nrules: [{do: allow, calls: [read]}, {do: kill, calls: [write, getpid]}]\nfiles: {allow: [{access: [read, write], paths: [/a]}, {access: [read], paths: [/c]}]}")
	assert.Equal(t, []Difference{
		{"write", "allow", "kill"},
		{"all other calls", "kill", "EPERM"},
		{"allow /a", "read", "read|write"},
		{"allow /b", "read", "no rule"},
		{"allow /c", "no rule", "read"},
	}, Diff(a, b))
	assert.Contains(t, Diff(same, a), Difference{"all paths", "allow", "no rule"})
}
