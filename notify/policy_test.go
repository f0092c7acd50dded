package notify_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/notify"
	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/supervisor"
)

// A policy that kills has the call that it forbids reported, with what it named.
func TestViolation(t *testing.T) {
	leakcheck.Check(t)
	dir, public, secret, _ := twoFiles(t)
	kills := fmt.Sprintf(`
default: allow
rules: [{do: kill, calls: [acct]}]
files: {denied: kill, allow: [{access: [read], paths: ["%s/public/**"]}, {access: [stat, execute], paths: ["/**"]}]}`, dir)
	got := run(t, program{name: "notify_try", args: []string{"read", public}, policy: kills})
	require.NoError(t, got.err)
	assert.Nil(t, got.violation)
	assert.Equal(t, "PUBLIC", testprog.Values(got.output)["content"])

	got = run(t, program{name: "notify_try", args: []string{"read", dir + "/public/../other/data"}, policy: kills})
	require.NoError(t, got.err)
	require.NotNil(t, got.violation)
	assert.True(t, got.status.Signaled())
	v := got.violation
	assert.Contains(t, []string{"open", "openat"}, v.Syscall)
	require.Len(t, v.Files, 1)
	assert.Equal(t, dir+"/public/../other/data", v.Files[0].Given)
	assert.Equal(t, secret, v.Files[0].Path)
	assert.Equal(t, policy.Read, v.Files[0].Access)
	assert.Contains(t, strings.Join(v.Args, ", "), fmt.Sprintf("%q, O_RDONLY", v.Files[0].Given))
	assert.Contains(t, v.Rule, "no rule allows read")

	// What is forbidden by its number alone comes the same way.
	got = run(t, program{name: "syscall", args: []string{strconv.Itoa(unix.SYS_ACCT), "0"}, policy: kills})
	require.NoError(t, got.err)
	require.NotNil(t, got.violation)
	assert.Equal(t, "acct", got.violation.Syscall)
}

// Answers of a Handler are what the program gets.
func TestAnswers(t *testing.T) {
	leakcheck.Check(t)
	answers := map[string]supervisor.Answer{"fail": {Kind: supervisor.Fail, Errno: 77}, "fake": {Kind: supervisor.Fake, Value: 4711}, "allow": {}}
	for name, answer := range answers {
		p := prepare(t, program{name: "syscall", args: []string{strconv.Itoa(unix.SYS_GETPPID)}, ask: []string{"getppid"}})
		var done []string
		got := serve(t, p, notify.Options{
			Handler: supervisor.HandlerFunc(func(c *supervisor.Call) supervisor.Answer {
				assert.Equal(t, "getppid", c.Name)
				assert.Empty(t, c.Files)
				return answer
			}),
			Done: func(c *supervisor.Call, a supervisor.Answer, result int64, executed bool) {
				done = append(done, fmt.Sprint(c.Name, result, executed))
			},
		})
		require.NoError(t, got.err)
		switch name {
		case "fail":
			assert.Equal(t, "EBADFD", testprog.Values(got.output)["errno"])
			assert.Equal(t, []string{"getppid-77 false"}, done)
		case "fake":
			assert.Equal(t, "4711", testprog.Values(got.output)["returned"])
			assert.Equal(t, []string{"getppid4711 false"}, done)
		case "allow":
			assert.Equal(t, fmt.Sprint(os.Getpid()), testprog.Values(got.output)["returned"])
			assert.Equal(t, []string{"getppid0 true"}, done)
		}
	}
}

// What is executed can't be made sure of everywhere, and then it is refused,
// unless all may be executed.
func TestExecuting(t *testing.T) {
	leakcheck.Check(t)
	dir := workDir(t)
	require.NoError(t, os.Chown(dir, os.Geteuid(), os.Getegid())) // not the program's, if the tests are root's
	tiny, err := os.ReadFile(testprog.Build(t, "tiny"))
	require.NoError(t, err)
	write := func(name, text string) string {
		name = filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o755))
		return name
	}
	good, bad := write("good/tiny", string(tiny)), write("bad/tiny", string(tiny))
	script, hidden := write("good/script", "#!"+good+"\n"), write("good/hidden", "#! "+bad+" x\n")
	nested := write("good/nested", "#!"+hidden+"\n")
	writable := write("writable/tiny", string(tiny))
	require.NoError(t, os.Chmod(dir+"/writable", 0o777))
	require.NoError(t, os.Symlink(good, dir+"/good/link"))
	require.NoError(t, os.Symlink(bad, dir+"/good/badlink"))
	text := fmt.Sprintf(`
default: allow
files:
  allow:
    - {access: [execute, read], paths: ["%[1]s/good/**", "%[1]s/writable/**"]}
    - {access: [write], paths: ["%[1]s/writable/**"]}
    - {access: [stat], paths: ["/**"]}`, dir)
	const done, refused = "0", "100"
	for _, c := range []struct{ kind, path, want string }{
		{"execute", good, done},
		{"vfork", good, done},
		{"execute", dir + "/good/link", done},
		{"execute", dir + "/good/../good/link", done},
		{"execute", script, done},
		{"execute", bad, refused},
		{"execute", dir + "/good/badlink", refused},
		{"execute", hidden, refused},
		{"execute", nested, refused},
		{"execute", dir + "/good/none", "101"},
		{"execute", writable, refused},
		{"shared", good, refused},
	} {
		assert.Equal(t, c.want, try(t, text, c.kind, c.path)["status"], "%s %s", c.kind, c.path)
	}
	for _, kind := range []string{"thread", "writer", "files"} {
		got := run(t, program{name: "notify_try", args: []string{kind, good}, policy: text, dir: "/", config: inPIDNamespace})
		require.NoError(t, got.err)
		assert.Equal(t, "EACCES", testprog.Values(got.output)["execve"], kind)
		got = run(t, program{name: "notify_try", args: []string{kind, good}, policy: allowAll, dir: "/", config: inPIDNamespace})
		require.NoError(t, got.err)
		assert.Zero(t, got.status, kind)
	}
	assert.Equal(t, done, try(t, allowAll, "execute", writable)["status"])
}
