package forkexec_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/mount"
)

func TestPrepareRefuses(t *testing.T) {
	own := []forkexec.IDMap{{Inside: 0, Outside: 0, Count: 1}}
	for name, test := range map[string]struct {
		config forkexec.Config
		errno  error
		says   []string
	}{
		"nothing to start":      {forkexec.Config{}, unix.EINVAL, []string{"set Path"}},
		"negative files":        {forkexec.Config{Path: "x", Files: -1}, unix.EINVAL, []string{"Files", "negative"}},
		"negative cgroups":      {forkexec.Config{Path: "x", Cgroups: -1}, unix.EINVAL, []string{"Cgroups", "negative"}},
		"NUL in the path":       {forkexec.Config{Path: "a\x00b"}, unix.EINVAL, []string{"exec", "NUL"}},
		"NUL in an argument":    {forkexec.Config{Path: "x", Args: []string{"a\x00b"}}, unix.EINVAL, []string{"NUL"}},
		"NUL in a variable":     {forkexec.Config{Path: "x", Env: []string{"a\x00b"}}, unix.EINVAL, []string{"NUL"}},
		"unknown namespace":     {forkexec.Config{Path: "x", Namespaces: 1}, unix.EINVAL, []string{"unknown bits 0x1"}},
		"joined and new":        {forkexec.Config{Path: "x", Namespaces: forkexec.IPC, Join: []forkexec.Namespace{forkexec.IPC | forkexec.UTS}}, nil, []string{"ipc", "both", "choose one"}},
		"join nothing":          {forkexec.Config{Path: "x", Join: []forkexec.Namespace{0}}, nil, []string{"join[0]"}},
		"join time":             {forkexec.Config{Path: "x", Join: []forkexec.Namespace{forkexec.IPC, forkexec.Time}}, unix.EUSERS, []string{"join[1]", "create one instead"}},
		"hostname of the host":  {forkexec.Config{Path: "x", Hostname: "h"}, unix.EINVAL, []string{"Hostname", "uts", "Namespaces"}},
		"loopback of the host":  {forkexec.Config{Path: "x", Loopback: true}, unix.EINVAL, []string{"Loopback", "net", "Namespaces"}},
		"mounts of the host":    {forkexec.Config{Path: "x", Mounts: new(mount.Tree)}, unix.EINVAL, []string{"Mounts", "mnt", "Namespaces"}},
		"maps without user":     {forkexec.Config{Path: "x", UIDMap: own}, unix.EINVAL, []string{"add User"}},
		"user without maps":     {forkexec.Config{Path: "x", Namespaces: forkexec.User}, unix.EINVAL, []string{"UIDMap has 0 ranges"}},
		"overlapping maps":      {forkexec.Config{Path: "x", Namespaces: forkexec.User, GIDMap: own, UIDMap: []forkexec.IDMap{{Inside: 0, Outside: 5, Count: 3}, {Inside: 2, Outside: 9, Count: 1}}}, unix.EINVAL, []string{"UIDMap[1]", "overlaps [0]"}},
		"empty map":             {forkexec.Config{Path: "x", Namespaces: forkexec.User, UIDMap: own, GIDMap: []forkexec.IDMap{{}}}, unix.EINVAL, []string{"GIDMap[0]", "empty"}},
		"map past the end":      {forkexec.Config{Path: "x", Namespaces: forkexec.User, UIDMap: own, GIDMap: []forkexec.IDMap{{Inside: 1 << 31, Count: 1<<31 + 1}}}, unix.EINVAL, []string{"GIDMap[0]", "2^32"}},
		"listener, no filter":   {forkexec.Config{Path: "x", Listener: true}, unix.EINVAL, []string{"Listener", "set Seccomp"}},
		"target outside root":   {forkexec.Config{Path: "x", Namespaces: forkexec.Mount, Mounts: new(mount.Tree).Bind("/usr", "/../usr", 0)}, unix.EINVAL, []string{"mount[0] /../usr", "absolute path"}},
		"sysctl outside proc":   {forkexec.Config{Path: "x", Sysctls: []forkexec.Sysctl{{Path: "../../etc/passwd"}}}, unix.EINVAL, []string{"sysctl[0]", "below /proc/sys"}},
		"absolute sysctl":       {forkexec.Config{Path: "x", Sysctls: []forkexec.Sysctl{{Path: "/proc/sys/kernel"}}}, unix.EINVAL, []string{"sysctl[0]"}},
		"link in a bind":        {forkexec.Config{Path: "x", Namespaces: forkexec.Mount, Mounts: new(mount.Tree).Bind("/usr", "/usr", 0).Symlink("a", "/usr/b")}, unix.EROFS, []string{"mount[1] /usr/b", "choose another place"}},
		"through a tree's link": {forkexec.Config{Path: "x", Namespaces: forkexec.Mount, Mounts: new(mount.Tree).Symlink("/etc", "/a").Bind("/usr", "/a/b", 0)}, unix.ELOOP, []string{"mount[1] /a/b", "/a is a symbolic link"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := forkexec.Prepare(test.config)
			require.Error(t, err)
			assert.Regexp(t, "^forkexec: ", err.Error())
			if test.errno != nil {
				assert.ErrorIs(t, err, test.errno)
			}
			for _, says := range test.says {
				assert.ErrorContains(t, err, says)
			}
		})
	}
}

// executable writes a file of its own that says it is a program.
func executable(t testing.TB, content string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	require.NoError(t, os.WriteFile(path, []byte(content), mode))
	return path
}

func TestStartFails(t *testing.T) {
	noInterpreter := executable(t, "#!/no/such/interpreter\n", 0o755)
	text := executable(t, "echo hello\n", 0o755)
	notExecutable := executable(t, "", 0o644)
	view := new(mount.Tree).Bind("/usr", "/usr", 0)
	hostile := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Symlink("/etc", hostile))
	for name, test := range map[string]struct {
		config forkexec.Config
		step   string
		index  int
		thing  string
		errno  unix.Errno
		says   string
	}{
		"no program":        {forkexec.Config{Path: "/no/such"}, "exec", -1, "/no/such", unix.ENOENT, "no such program"},
		"no interpreter":    {forkexec.Config{Path: noInterpreter}, "exec", -1, noInterpreter, unix.ENOENT, "interpreter"},
		"a directory":       {forkexec.Config{Path: "/usr"}, "exec", -1, "/usr", unix.EACCES, "not an executable file"},
		"no program at all": {forkexec.Config{Path: text}, "exec", -1, text, unix.ENOEXEC, "without an interpreter line"},
		"not executable":    {forkexec.Config{Path: notExecutable}, "exec", -1, notExecutable, unix.EACCES, "not an executable file"},
		"long arguments":    {forkexec.Config{Path: "/bin/true", Args: []string{"true", strings.Repeat("x", 1<<20)}}, "exec", -1, "/bin/true", unix.E2BIG, "too long"},
		"no directory":      {forkexec.Config{Path: "/bin/true", Dir: "/no/such"}, "chdir", -1, "/no/such", unix.ENOENT, "no such directory"},
		"no source": {in(forkexec.Config{Path: "/bin/true", Mounts: view.Clone().Bind("/no/such", "/x", 0)}, forkexec.Mount),
			"mount", 1, "/no/such", unix.ENOENT, ""},
		"no place in a bind": {in(forkexec.Config{Path: "/bin/true", Mounts: view.Clone().Tmpfs("/usr/no/such", mount.TmpfsOptions{})}, forkexec.Mount),
			"mount", 1, "/usr/no/such", unix.ENOENT, ""},
		"a link in a bind": {in(forkexec.Config{Path: "/bin/true", Mounts: view.Clone().Bind(filepath.Dir(hostile), "/bound", mount.Writable).Tmpfs("/bound/link", mount.TmpfsOptions{})}, forkexec.Mount),
			"mount", 2, "/bound/link", unix.ELOOP, "symbolic link"},
		"not in this root": {in(forkexec.Config{Path: notExecutable, Mounts: view}, forkexec.Mount), "exec", -1, notExecutable, unix.ENOENT, "sandbox's root"},
		"no sysctl": {forkexec.Config{Path: "/bin/true", Sysctls: []forkexec.Sysctl{{Path: "no/such", Value: "1"}}},
			"sysctl", -1, "/proc/sys/no/such", unix.ENOENT, ""},
	} {
		t.Run(name, func(t *testing.T) {
			leakcheck.Check(t)
			runner, err := forkexec.Prepare(test.config)
			require.NoError(t, err)
			_, err = runner.Start(forkexec.Inputs{})
			var failure *forkexec.Error
			require.ErrorAs(t, err, &failure)
			assert.ErrorIs(t, err, test.errno)
			assert.Equal(t, test.step, failure.Step)
			assert.Equal(t, test.index, failure.Index)
			assert.Equal(t, test.thing, failure.Name)
			assert.ErrorContains(t, err, "forkexec: "+test.step)
			assert.ErrorContains(t, err, test.thing)
			assert.ErrorContains(t, err, test.says)
		})
	}
}

func TestUnreadableSource(t *testing.T) {
	needRoot(t, "in a user namespace of one's own id everything of one's own is readable")
	leakcheck.Check(t)
	dir := filepath.Join(t.TempDir(), "closed")
	require.NoError(t, os.MkdirAll(dir+"/inside", 0o700))
	runner, err := forkexec.Prepare(forkexec.Config{
		Path: "/bin/true", Namespaces: forkexec.User | forkexec.Mount,
		UIDMap: []forkexec.IDMap{{Inside: 0, Outside: 100000, Count: 1}},
		GIDMap: []forkexec.IDMap{{Inside: 0, Outside: 100000, Count: 1}},
		Mounts: new(mount.Tree).Bind(dir+"/inside", "/inside", 0),
	})
	require.NoError(t, err)
	_, err = runner.Start(forkexec.Inputs{})
	assert.ErrorIs(t, err, unix.EACCES)
	assert.ErrorContains(t, err, "forkexec: mount[0] "+dir+"/inside: permission denied")
}

func TestInputsDontFit(t *testing.T) {
	leakcheck.Check(t)
	file, err := os.Open("/dev/null")
	require.NoError(t, err)
	defer file.Close()
	one := []*os.File{file}
	sync := func(int) error { return nil }
	for name, test := range map[string]struct {
		config forkexec.Config
		inputs forkexec.Inputs
	}{
		"Files":   {forkexec.Config{}, forkexec.Inputs{Files: one}},
		"Join":    {forkexec.Config{Join: []forkexec.Namespace{forkexec.IPC}}, forkexec.Inputs{}},
		"Cgroups": {forkexec.Config{Cgroups: 2}, forkexec.Inputs{Cgroups: []int{1}}},
		"Exec":    {forkexec.Config{ExecFile: true}, forkexec.Inputs{}},
		"Sync":    {forkexec.Config{}, forkexec.Inputs{Sync: sync}},
	} {
		test.config.Path = "/bin/true"
		runner, err := forkexec.Prepare(test.config)
		require.NoError(t, err)
		_, err = runner.Start(test.inputs)
		assert.ErrorIs(t, err, unix.EINVAL, name)
		assert.ErrorContains(t, err, "forkexec: /bin/true "+name+":")
	}
}

func TestClosedInputs(t *testing.T) {
	leakcheck.Check(t)
	file, err := os.Open("/dev/null")
	require.NoError(t, err)
	require.NoError(t, file.Close())
	for name, test := range map[string]struct {
		config forkexec.Config
		inputs forkexec.Inputs
	}{
		"fd[1]":   {forkexec.Config{Files: 2}, forkexec.Inputs{Files: []*os.File{nil, file}}},
		"join[0]": {forkexec.Config{Join: []forkexec.Namespace{forkexec.IPC}}, forkexec.Inputs{Join: []*os.File{file}}},
		"exec":    {forkexec.Config{ExecFile: true}, forkexec.Inputs{Exec: file}},
	} {
		test.config.Path = "/bin/true"
		runner, err := forkexec.Prepare(test.config)
		require.NoError(t, err)
		_, err = runner.Start(test.inputs)
		assert.ErrorIs(t, err, os.ErrClosed, name)
		assert.ErrorContains(t, err, "forkexec: "+name+" /dev/null")
	}

	runner, err := forkexec.Prepare(forkexec.Config{Path: "/bin/true", Join: []forkexec.Namespace{forkexec.IPC}})
	require.NoError(t, err)
	_, err = runner.Start(forkexec.Inputs{Join: []*os.File{nil}})
	assert.ErrorIs(t, err, os.ErrInvalid)
	assert.ErrorContains(t, err, "forkexec: join[0]: no file")
}

// Whatever number of descriptors is left when the table is full, a start
// works or fails cleanly.
func TestFullTableOfFiles(t *testing.T) {
	program := testprog.Build(t, "tiny")
	leakcheck.Check(t)
	var before unix.Rlimit
	require.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &before))
	defer func() { assert.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &before)) }()
	require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 100, Max: before.Max}))
	null, err := os.Open("/dev/null")
	require.NoError(t, err)
	defer null.Close()

	config := forkexec.Config{Path: program, Files: 3, Seccomp: notifyOn(unix.SYS_ACCT), Listener: true}
	runner, err := forkexec.Prepare(config)
	require.NoError(t, err)
	var filler []int
	for {
		fd, err := unix.FcntlInt(null.Fd(), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			break
		}
		filler = append(filler, fd)
	}
	full := len(filler)
	worked := false
	for !worked && len(filler) > 0 {
		process, err := runner.Start(forkexec.Inputs{Files: []*os.File{null, nil, null}})
		if err == nil {
			worked = true
			process.Listener.Close()
			_, err = process.Wait()
			assert.NoError(t, err)
		} else {
			assert.ErrorIs(t, err, unix.EMFILE)
		}
		unix.Close(filler[len(filler)-1])
		filler = filler[:len(filler)-1]
	}
	for _, fd := range filler {
		unix.Close(fd)
	}
	assert.True(t, worked, "with %d free", full)
	assert.Greater(t, full-len(filler), 2, "the first tries failed")
}

func TestNoMoreProcesses(t *testing.T) {
	leakcheck.Check(t)
	out, err := helper(t, "process cap", testprog.Build(t, "tiny")).Output()
	require.NoError(t, err, "%s", out)
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	require.Len(t, lines, 2)
	for _, line := range lines {
		assert.Contains(t, line, "forkexec: clone: resource temporarily unavailable (a limit on processes was reached")
	}
}
