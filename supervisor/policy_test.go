package supervisor_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/seccomp"
	"github.com/bailiff-judge/bailiff/supervisor"
)

func TestPolicyAnswers(t *testing.T) {
	p, err := policy.Parse("ours", []byte(`
default: EPERM
rules:
  - {do: allow, calls: [openat, newfstatat, rename, renameat2, getpid, connect, bind]}
  - {do: ask, calls: [socket]}
  - {do: kill, calls: [ptrace]}
files:
  denied: EACCES
  allow: [{access: [read], paths: ["/open/**"]}, {access: [write, create], paths: ["/out/**"]},
    {access: [read, write, create], paths: ["/both/**"]}]`))
	require.NoError(t, err)
	asked := 0
	handler := supervisor.New(p, supervisor.HandlerFunc(func(*supervisor.Call) supervisor.Answer {
		asked++
		return supervisor.Answer{Kind: supervisor.Fake, Value: 7}
	}))
	file := func(access policy.Access, path string, err error) supervisor.File {
		return supervisor.File{Access: access, Path: path, Err: err}
	}
	for _, c := range []struct {
		call  string
		files []supervisor.File
		kind  supervisor.Kind
		errno unix.Errno
	}{
		{"getpid", nil, supervisor.Allow, 0},
		{"mount", nil, supervisor.Fail, unix.EPERM},
		{"ptrace", nil, supervisor.Kill, 0},
		{"socket", nil, supervisor.Fake, 0},
		{"openat", []supervisor.File{file(policy.Read, "/open/x", nil)}, supervisor.Allow, 0},
		{"openat", []supervisor.File{file(policy.Write, "/open/x", nil)}, supervisor.Fail, unix.EACCES},
		{"openat", []supervisor.File{file(policy.Read, "/shut/x", nil)}, supervisor.Fail, unix.EACCES},
		{"openat", []supervisor.File{file(policy.Read, "", unix.EFAULT)}, supervisor.Fail, unix.EFAULT},
		// That something isn't there is told where one may look, and nowhere else.
		{"openat", []supervisor.File{file(policy.Read, "/open/none/x", unix.ENOENT)}, supervisor.Fail, unix.ENOENT},
		{"openat", []supervisor.File{file(policy.Read, "/shut/none/x", unix.ENOENT)}, supervisor.Fail, unix.EACCES},
		{"openat", []supervisor.File{file(policy.Read, "pipe:[1]", nil)}, supervisor.Allow, 0},
		// A name of a socket is none of a file, wherever it is.
		{"connect", []supervisor.File{{Access: policy.Write, Given: "/both/x", Socket: true}}, supervisor.Fail, unix.EACCES},
		{"bind", []supervisor.File{{Access: policy.Create, Given: "@abstract", Socket: true}}, supervisor.Fail, unix.EACCES},
		{"connect", []supervisor.File{{Access: policy.Write, Opened: true}}, supervisor.Allow, 0},
		{"newfstatat", []supervisor.File{{Access: policy.Stat, Path: "/shut/x", Opened: true}}, supervisor.Allow, 0},
		{"newfstatat", []supervisor.File{file(policy.Stat, "/shut/x", nil)}, supervisor.Fail, unix.EACCES},
		{"rename", []supervisor.File{file(policy.Write, "/out/x", nil), file(policy.Write|policy.Create, "/out/y", nil)}, supervisor.Allow, 0},
		{"rename", []supervisor.File{file(policy.Write, "/out/x", nil), file(policy.Write|policy.Create, "/open/y", nil)}, supervisor.Fail, unix.EACCES},
		{"rename", []supervisor.File{file(policy.Write, "/open/x", nil), file(policy.Write|policy.Create, "/out/y", nil)}, supervisor.Fail, unix.EACCES},
		// What becomes readable by it is not called so, whichever way.
		{"rename", []supervisor.File{file(policy.Write, "/both/x", nil), file(policy.Write|policy.Create, "/out/y", nil)}, supervisor.Allow, 0},
		{"rename", []supervisor.File{file(policy.Write, "/out/x", nil), file(policy.Write|policy.Create, "/both/y", nil)}, supervisor.Fail, unix.EACCES},
		{"renameat2", []supervisor.File{file(policy.Write, "/both/x", nil), file(policy.Write|policy.Create, "/out/y", nil)}, supervisor.Fail, unix.EACCES},
	} {
		number, known := seccomp.Number(c.call)
		if !known {
			continue
		}
		call := &supervisor.Call{Data: seccomp.Data{Number: number, Arch: seccomp.NativeArch, Args: [6]uint64{0: unix.AF_INET, 4: unix.RENAME_EXCHANGE}}, Name: c.call, Files: c.files}
		got := handler.Enter(call)
		assert.Equal(t, c.kind, got.Kind, "%s %v: %s", c.call, c.files, got.Rule)
		assert.Equal(t, c.errno, got.Errno, "%s %v: %s", c.call, c.files, got.Rule)
		assert.NotEqual(t, c.kind == supervisor.Fake, got.Rule != "", "every answer of the policy has a reason")
	}
	assert.Equal(t, 1, asked)
	assert.False(t, handler.Everywhere(policy.Stat))
	assert.True(t, handler.May(policy.Read, "/open/x"))
	assert.False(t, handler.May(policy.Read|policy.Write, "/open/x"))
	// A foreign door is no way in.
	foreign := &supervisor.Call{Data: seccomp.Data{Number: 1, Arch: unix.AUDIT_ARCH_I386}, Name: "i386:exit"}
	assert.Equal(t, supervisor.Kill, handler.Enter(foreign).Kind)
}

func TestEverywhere(t *testing.T) {
	for text, want := range map[string]bool{
		"default: allow": true,
		"default: allow\nfiles: {allow: [{access: [execute], paths: [\"/**\"]}]}":                                                            true,
		"default: allow\nfiles: {allow: [{access: [read], paths: [\"/**\"]}]}":                                                               false,
		"default: allow\nfiles: {allow: [{access: [execute], paths: [\"/usr/**\"]}]}":                                                        false,
		"default: allow\nfiles: {allow: [{access: [execute], paths: [\"/**\"]}], deny: [{access: [execute], paths: [/x]}]}":                  false,
		"default: allow\nfiles: {allow: [{access: [execute], paths: [\"/**\"]}], deny: [{access: [stat], paths: [/x]}]}":                     false,
		"default: allow\nfiles: {allow: [{access: [execute], paths: [\"/**\"]}], deny: [{access: [read], paths: [/x]}]}":                     true,
		"extends: default\nfiles: {allow: [{access: [read, write], paths: [\"/**\"]}, {access: [read, execute], paths: [\"/**\", \"/x\"]}]}": true,
	} {
		p, err := policy.Parse("test", []byte(text))
		require.NoError(t, err)
		assert.Equal(t, want, supervisor.New(p, nil).Everywhere(policy.Execute), text)
	}
}
