package cgroup

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// tree makes cgroup directories of plain files: path, controllers, subtree_control.
func tree(t *testing.T, dirs [][3]string) string {
	top := t.TempDir()
	for _, d := range dirs {
		dir := path.Join(top, d[0])
		require.NoError(t, os.MkdirAll(dir, 0o755))
		for file, content := range map[string]string{"cgroup.controllers": d[1], "cgroup.subtree_control": d[2], "cgroup.procs": ""} {
			require.NoError(t, os.WriteFile(path.Join(dir, file), []byte(content), 0o644))
		}
	}
	return top
}

func TestPlaceV2(t *testing.T) {
	for _, c := range []struct {
		name        string
		dirs        [][3]string
		own, want   string
		controllers []string
		enabled     []string
	}{
		{"hybrid without controllers", [][3]string{{"/", "", ""}, {"/a", "", ""}}, "/a", "/a", []string{}, nil},
		{"distributed already", [][3]string{{"/", "cpu memory pids", ""}, {"/a", "cpu memory pids", "memory pids"}}, "/a", "/a", []string{"memory", "pids"}, nil},
		{"switched on", [][3]string{{"/", "memory pids", ""}, {"/a", "memory pids", "pids"}}, "/a", "/a", []string{"memory", "pids"}, []string{"memory"}},
		{"the machine lacks one", [][3]string{{"/", "hugetlb pids", ""}, {"/a", "pids", "pids"}}, "/a", "/a", []string{"pids"}, nil},
		{"only an ancestor has all", [][3]string{{"/", "memory pids", "memory pids"}, {"/a", "memory pids", "memory pids"}, {"/a/b", "memory", ""}, {"/a/b/c", "memory", ""}}, "/a/b/c", "/a", []string{"memory", "pids"}, nil},
		{"moved by another Manager", [][3]string{{"/", "memory", "memory"}, {"/a", "memory", "memory"}, {"/a/" + selfPrefix + "1", "memory", ""}}, "/a/" + selfPrefix + "1", "/a", []string{"memory"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			top := tree(t, c.dirs)
			p, err := placeV2(top, path.Join(top, c.own), []string{"memory", "pids"}, "self")
			require.NoError(t, err)
			assert.Equal(t, path.Join(top, c.want), p.dir)
			assert.Equal(t, c.controllers, p.controllers)
			assert.Equal(t, c.enabled, p.enabled)
			assert.Empty(t, p.leaf)
			if len(c.enabled) > 0 {
				data, err := os.ReadFile(path.Join(p.dir, "cgroup.subtree_control"))
				require.NoError(t, err)
				assert.Equal(t, "+"+strings.Join(c.enabled, " +"), string(data))
			}
		})
	}
	_, err := placeV2("/nowhere", "/nowhere/a", nil, "self")
	require.ErrorIs(t, err, unix.ENOENT)
}

func TestPlaceV2WithoutAccess(t *testing.T) {
	top := tree(t, [][3]string{{"/", "memory", "memory"}, {"/a", "memory", ""}})
	own := path.Join(top, "a")
	require.NoError(t, os.Chmod(path.Dir(top), 0o755))
	for _, dir := range []string{top, own} {
		require.NoError(t, os.Chmod(dir, 0o555))
		defer os.Chmod(dir, 0o755) // so that it can be removed
	}
	asNobody(t, func() {
		_, err := placeV2(top, own, []string{"memory"}, "self")
		require.ErrorIs(t, err, unix.EACCES)
		assert.Contains(t, mend(err), "Delegate=yes")
	})
	for _, p := range []string{top, path.Join(top, "cgroup.procs")} {
		require.NoError(t, os.Chmod(p, 0o777))
	}
	asNobody(t, func() {
		p, err := placeV2(top, own, []string{"memory"}, "self")
		require.NoError(t, err, "the parent is delegated")
		assert.Equal(t, top, p.dir)
	})
}

// choosePlace chooses a place for its own cgroup, prints it and its own cgroup, waits,
// and undoes it: args are top, own and a controller.
func choosePlace(args []string) error {
	p, err := placeV2(args[0], args[1], args[2:], selfPrefix+"test")
	if err != nil {
		return err
	}
	data, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return err
	}
	fmt.Printf("%s %s\n", p.dir, data[strings.LastIndex(string(data), "\n0::")+4:])
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	return p.undo()
}

// TestPlaceV2InKernel meets the rule against processes in inner nodes for real.
func TestPlaceV2InKernel(t *testing.T) {
	m := openHere(t, Options{})
	if m.v2 == nil {
		t.Skip("no version 2 hierarchy")
	}
	top := m.v2.dir
	has, err := readWords(path.Join(top, "cgroup.controllers"))
	require.NoError(t, err)
	i := slices.IndexFunc(has, func(c string) bool { return slices.Contains([]string{"memory", "io", "hugetlb"}, c) })
	if i < 0 {
		t.Skipf("no controller that minds processes in inner nodes: %v", has)
	}
	controller := has[i]
	on, err := readWords(path.Join(top, "cgroup.subtree_control"))
	require.NoError(t, err)
	if !slices.Contains(on, controller) {
		require.NoError(t, writeFile(path.Join(top, "cgroup.subtree_control"), "+"+controller))
		t.Cleanup(func() {
			require.NoError(t, m.Close())
			require.NoError(t, writeFile(path.Join(top, "cgroup.subtree_control"), "-"+controller))
		})
	}
	parent := path.Join(m.used[0].dir, "inner")
	own := path.Join(parent, "own")
	require.NoError(t, writeFile(path.Join(m.used[0].dir, "cgroup.subtree_control"), "+"+controller))
	require.NoError(t, os.MkdirAll(own, 0o755))
	dir, err := os.Open(own)
	require.NoError(t, err)
	defer dir.Close()

	in := func(cmd *exec.Cmd) *exec.Cmd {
		cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(dir.Fd())}
		cmd.Stderr = os.Stderr
		return cmd
	}
	choose := func() (where, self string, end func()) {
		before, err := readWords(path.Join(parent, "cgroup.subtree_control"))
		require.NoError(t, err)
		cmd := in(helper("place", parent, own, controller))
		stdin, err := cmd.StdinPipe()
		require.NoError(t, err)
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		line, err := bufio.NewReader(out).ReadString('\n')
		require.NoError(t, err)
		words := strings.Fields(line)
		return words[0], path.Base(words[1]), func() {
			require.NoError(t, stdin.Close())
			require.NoError(t, cmd.Wait())
			after, err := readWords(path.Join(parent, "cgroup.subtree_control"))
			require.NoError(t, err)
			assert.Equal(t, before, after, "undone")
			after, err = readWords(path.Join(own, "cgroup.subtree_control"))
			require.NoError(t, err)
			assert.Empty(t, after, "undone")
			assert.NoDirExists(t, path.Join(own, selfPrefix+"test"))
		}
	}

	where, self, end := choose()
	assert.Equal(t, parent, where, "the own cgroup lacks the controller: a sibling, with the controller switched on")
	assert.Equal(t, "own", self)
	end()

	require.NoError(t, writeFile(path.Join(parent, "cgroup.subtree_control"), "+"+controller))
	where, self, end = choose()
	assert.Equal(t, own, where, "alone: moved out of the way")
	assert.Equal(t, selfPrefix+"test", self)
	end()

	other := in(exec.Command("/bin/sleep", "100"))
	require.NoError(t, other.Start())
	defer other.Wait()
	defer other.Process.Kill()
	where, self, end = choose()
	assert.Equal(t, parent, where, "in company: a sibling")
	assert.Equal(t, "own", self)
	end()
}
