package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/internal/testprog"
)

func TestPolicyCommands(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		return path
	}
	files := write("files.yaml", "extends: strict\nfiles: {allow: [{access: [read], paths: [/usr/**]}]}")
	good := write("good.yaml", "- {call: ptrace, expect: kill}\n- {call: openat /etc/shadow, expect: EACCES}\n- {call: openat /usr/x, expect: allow}\n")
	bad := write("bad.yaml", "- {call: ptrace, expect: kill}\n- {call: socket AF_INET, expect: allow}\n")
	wrong := write("wrong.yaml", "- {call: ptrace, expect: kil}\n")
	for _, c := range []struct {
		args string
		code int
		says []string
	}{
		{"policy", exitOK, []string{"explain", "learn"}},
		{"policy shwo", exitFailure, []string{`did you mean "show"?`}},
		{"policy show strict", exitOK, []string{"strict rule 1: allow $start", "Groups:", "$memory: Its own address space", "default of strict: kill"}},
		{"policy show --bpf strict", exitOK, []string{"a = arch", "; x32", "return notify"}},
		{"policy show " + files, exitOK, []string{"allow /usr/**: read"}},
		{"policy show strcit", exitFailure, []string{`did you mean "strict"?`}},
		{"policy explain " + files + " openat /etc/shadow", exitOK, []string{"EACCES by files of ", "no rule allows read"}},
		{"policy explain strict fork", exitOK, []string{"kill by default of strict"}},
		{"policy explain strict frok", exitFailure, []string{`did you mean "fork"?`}},
		{"policy test " + files + " " + good, exitOK, []string{"3 of 3 as expected"}},
		{"policy test default " + bad, exitVerdict, []string{"bad.yaml:2: socket AF_INET: expected allow, got EACCES by", "1 of 2 as expected"}},
		{"policy test default " + wrong, exitFailure, []string{"wrong.yaml:1: ", `did you mean "kill"?`}},
		{"policy diff strict strict", exitOK, nil},
		{"policy diff strict threads", exitVerdict, []string{"clone\n  - kill\n  + EPERM if ", "futex_waitv\n  - kill\n  + allow\n"}},
		{"policy learn", exitFailure, []string{"requires at least 1 arg"}},
		{"policy learn --runs 0 -- true", exitFailure, []string{"--runs"}},
	} {
		t.Run(strings.ReplaceAll(c.args, dir, ""), func(t *testing.T) {
			got := runprog(t, split(c.args)...)
			assert.Equal(t, c.code, got.code, got.stderr)
			for _, text := range c.says {
				assert.Contains(t, got.stdout+got.stderr, text)
			}
		})
	}
}

func TestPolicyLearn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "learned.yaml")
	got := runprog(t, "policy", "learn", "--runs", "2", "-o", file, "--", testprog.Build(t, "sum"))
	require.Zero(t, got.code, got.stderr)
	got = runprog(t, "policy", "explain", file, "fork")
	assert.Equal(t, "kill by default of "+file+"\n", got.stdout)
	got = runprog(t, "policy", "show", file)
	assert.Contains(t, got.stdout, "Learned from ")
	assert.Contains(t, got.stdout, "rule 1: allow ")
}
