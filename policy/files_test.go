package policy

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/seccomp"
)

const fileRulesText = `
extends: strict
files:
  denied: EPERM
  allow:
    - {access: [read], paths: [/usr/**, /etc/passwd, /proc/self/task/*/stat], why: system}
    - {access: [read, write, create], paths: [/box/]}
    - {access: [execute], paths: [/usr/bin/**]}
  deny:
    - {access: [stat], paths: [/usr/secret/**]}
    - {access: [write], paths: [/box/input]}
`

func TestDecide(t *testing.T) {
	p := parsed(t, fileRulesText)
	assert.True(t, p.HasFiles())
	for _, c := range []struct {
		access Access
		path   string
		allow  bool
		rule   string
	}{
		{Read, "/usr", true, "test files allow 1: /usr/** (system)"},
		{Read, "/usr/lib/x", true, "/usr/**"},
		{Read, "/usrlib", false, "no rule allows read"},
		{Read | Execute, "/usr/bin/gcc", true, ""},
		{Execute, "/usr/lib/x", false, "no rule allows execute"},
		{Stat, "/etc/passwd", true, "/etc/passwd"},
		{Write, "/etc/passwd", false, "no rule allows write"},
		{Read, "/etc/passwd/x", false, ""},
		{Read | Write | Create, "/box/a", true, "/box/"},
		{Read, "/box", true, "/box/"},
		{Read, "/box/a/b", false, ""},
		{Read, "/box/input", true, ""},
		{Write, "/box/input", false, "test files deny 2: /box/input"},
		{Read, "/usr/secret/key", false, "test files deny 1: /usr/secret/**"},
		{Read, "/proc/self/task/7/stat", true, ""},
		{Read, "/proc/self/task/7/8/stat", false, ""},
		{Read, "/", false, ""},
		{Read, "pipe:[3]", true, "it has no path"},
	} {
		d := p.Decide(c.access, c.path)
		assert.Equal(t, c.allow, d.Allow, "%s %s: %s", c.access, c.path, d.Rule)
		assert.Contains(t, d.Rule, c.rule)
		want := seccomp.Errno(unix.EPERM)
		if c.allow {
			want = seccomp.Allow
		}
		assert.Equal(t, want, d.Answer)
	}
	all := parsed(t, "files: {allow: [{access: [read], paths: [/**]}]}")
	assert.True(t, all.Decide(Read, "/").Allow)
	assert.True(t, all.Decide(Read, "/a").Allow)
	top := parsed(t, "files: {allow: [{access: [read], paths: [/]}]}")
	assert.True(t, top.Decide(Read, "/").Allow)
	assert.True(t, top.Decide(Read, "/a").Allow)
	assert.False(t, top.Decide(Read, "/a/b").Allow)
	assert.True(t, named(t, "strict").Decide(Write, "/etc/shadow").Allow, "no rules about files")
}

func TestExplainFiles(t *testing.T) {
	p := parsed(t, fileRulesText)
	for _, c := range []struct{ call, want string }{
		{"openat /etc/shadow", "EPERM by files of test: no rule allows read"},
		{"openat AT_FDCWD /etc/passwd O_RDONLY", "allow by test files allow 1: /etc/passwd (system)"},
		{"openat /etc/passwd O_RDWR", "EPERM by files of test: no rule allows write"},
		{"openat /box/x O_WRONLY|O_CREAT|O_TRUNC", "allow by test files allow 2: /box/"},
		{"execve /usr/bin/ls", "allow by test files allow 3: /usr/bin/**"},
		{"execve /box/a.out", "EPERM by files of test: no rule allows execute"},
		{"faccessat /usr/x 2", "EPERM by files of test: no rule allows write"},
		{"read 0", "allow by strict rule 1, group $descriptors"},
		{"unlinkat /box/x", "kill by default of strict"},
	} {
		a, err := p.Explain(strings.Fields(c.call)...)
		require.NoError(t, err, c.call)
		assert.Equal(t, c.want, a.String(), c.call)
	}
	for _, words := range [][]string{{}, {"opnat"}, {"read", "x"}, {"read", "1", "2", "3", "4", "5", "6", "7"}} {
		_, err := p.Explain(words...)
		assert.ErrorContains(t, err, "policy: explain", "%v", words)
	}
}

func TestRulesOfABaseStay(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(dir+"/base.yaml", []byte(fileRulesText), 0o644))
	require.NoError(t, os.WriteFile(dir+"/top.yaml", []byte("extends: base.yaml\nfiles: {denied: kill, allow: [{access: [read], paths: [/usr/secret/**, /opt/**]}]}"), 0o644))
	p, err := Load(dir + "/top.yaml")
	require.NoError(t, err)
	assert.True(t, p.Decide(Read, "/opt/x").Allow)
	assert.True(t, p.Decide(Read, "/usr/x").Allow)
	d := p.Decide(Read, "/usr/secret/x")
	assert.False(t, d.Allow, "deny stands over allow, also from below")
	assert.True(t, d.Answer.Kills())
}

// What the kernel says is what a descriptor says about itself.
func kernelSays(name string, flags int) (string, error) {
	fd, err := unix.Open(name, unix.O_PATH|unix.O_CLOEXEC|flags, 0)
	if err != nil {
		return "", err
	}
	defer unix.Close(fd)
	return os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
}

func TestResolverAgreesWithTheKernel(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(dir+"/a/b", 0o755))
	require.NoError(t, os.WriteFile(dir+"/a/file", nil, 0o644))
	for link, target := range map[string]string{
		"up": "..", "a/out": "../a/b/..", "abs": dir + "/a", "abs/slashed": "b/", "loop": "loop", "chain": "abs/out/file",
		"dangling": "a/missing", "deep": "missing/x", "tofile": "a/file", "dot": ".", "slash": "a//b///",
	} {
		if !strings.HasPrefix(link, "abs/") {
			require.NoError(t, os.Symlink(target, filepath.Join(dir, link)))
		}
	}
	require.NoError(t, os.Symlink("b/", dir+"/a/slashed"))
	// 40 links are followed, 41 aren't.
	for i := range 42 {
		require.NoError(t, os.Symlink(fmt.Sprintf("l%d", i+1), fmt.Sprintf("%s/l%d", dir, i)))
	}
	require.NoError(t, os.Remove(dir+"/l41"))
	require.NoError(t, os.WriteFile(dir+"/l41", nil, 0o644))
	t.Chdir(dir)

	r := Resolver{Dir: dir}
	names := []string{"a", "a/", "a/.", "a/b/..", "a/file", "a/file/", "a/file/.", "a/file/..", "up", "up/", "a/out", "a/out/file",
		"abs", "abs/", "abs/slashed", "abs/slashed/../file", "loop", "loop/", "chain", "chain/", "deep", "tofile", "tofile/",
		"dot/dot/dot", "slash/../b", "", "/", "/..", "//", ".", "..", "l0", "l1", "l2", "missing/x", "missing/..", "missing/",
		strings.Repeat("x", 256), strings.Repeat("./", 2047) + "a", strings.Repeat("./", 2048) + "a",
		"/proc/self", "/proc/self/", "/proc/self/exe", "/proc/self/cwd", "/proc/self/cwd/a/file", "/proc/self/root/etc",
		"/proc/mounts", "/proc/self/fd/0", "/proc/thread-self/"}
	for _, name := range names {
		for follow, flags := range map[bool]int{true: 0, false: unix.O_NOFOLLOW} {
			want, kernel := kernelSays(name, flags)
			got, err := r.resolve(name, follow)
			if strings.HasSuffix(name, "missing/") {
				assert.NoError(t, err, "the name of a directory to be made")
				continue
			}
			assert.Equal(t, kernel, err, "%q follow %v", name, follow)
			if kernel == nil {
				want = strings.Replace(want, fmt.Sprintf("/proc/%d", os.Getpid()), "/proc/self", 1)
				if i := strings.Index(want, "/task/"); i < 0 || name != "/proc/thread-self/" {
					assert.Equal(t, want, got, "%q follow %v", name, follow)
				}
			}
		}
	}
	got, err := r.Resolve("a/new", true)
	require.NoError(t, err)
	assert.Equal(t, dir+"/a/new", got, "the last may be missing")
	got, err = r.Resolve("dangling", true)
	require.NoError(t, err)
	assert.Equal(t, dir+"/a/missing", got, "where open would make it")
	_, err = r.Resolve("deep", true)
	assert.ErrorIs(t, err, unix.ENOENT)
	assert.ErrorContains(t, err, `policy: resolve "deep"`)
	// /proc/self by its number.
	got, err = r.Resolve(fmt.Sprintf("/proc/%d/status", os.Getpid()), true)
	require.NoError(t, err)
	assert.Equal(t, "/proc/self/status", got)
	read, write, err := os.Pipe()
	require.NoError(t, err)
	defer read.Close()
	defer write.Close()
	got, err = r.Resolve(fmt.Sprintf("/proc/self/fd/%d", read.Fd()), true)
	require.NoError(t, err)
	assert.Regexp(t, `^pipe:\[\d+\]$`, got)
}

func TestResolverInAnotherRoot(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.MkdirAll(root+"/etc", 0o755))
	require.NoError(t, os.WriteFile(root+"/etc/passwd", nil, 0o644))
	require.NoError(t, os.Symlink("/etc/passwd", root+"/link"))
	require.NoError(t, os.Symlink("../../../../etc/passwd", root+"/etc/up"))
	r := Resolver{Root: root, Dir: "/etc"}
	for name, want := range map[string]string{"/link": "/etc/passwd", "up": "/etc/passwd", "../../..": "/", "passwd": "/etc/passwd"} {
		got, err := r.Resolve(name, true)
		require.NoError(t, err)
		assert.Equal(t, want, got, name)
	}
}

// Another process's /proc/self is its own, not the judge's.
func TestResolverOfAnotherProcess(t *testing.T) {
	cmd := exec.Command("sleep", "60")
	require.NoError(t, cmd.Start())
	defer func() {
		cmd.Process.Kill()
		cmd.Wait()
	}()
	r := Resolver{Root: fmt.Sprintf("/proc/%d/root", cmd.Process.Pid), Dir: "/", PID: cmd.Process.Pid}
	got, err := r.Resolve("/proc/self/exe", true)
	require.NoError(t, err)
	want, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", cmd.Process.Pid))
	require.NoError(t, err)
	assert.Equal(t, want, got)
	got, err = r.Resolve(fmt.Sprintf("/proc/%d/maps", cmd.Process.Pid), true)
	require.NoError(t, err)
	assert.Equal(t, "/proc/self/maps", got)
	got, err = r.Resolve(fmt.Sprintf("/proc/%d/maps", os.Getpid()), true)
	require.NoError(t, err)
	assert.Equal(t, fmt.Sprintf("/proc/%d/maps", os.Getpid()), got, "others keep their number")
}
