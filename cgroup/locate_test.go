package cgroup

import (
	"errors"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestParseMemberships(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []membership
		bad      bool
	}{
		{"nothing", "", nil, false},
		{"v2", "0::/user.slice/a b.scope\n", []membership{{nil, "/user.slice/a b.scope"}}, false},
		{"hybrid", "4:cpu,cpuacct:/x\n1:name=systemd:/y\n0::/\n", []membership{
			{[]string{"cpu", "cpuacct"}, "/x"}, {[]string{"name=systemd"}, "/y"}, {nil, "/"},
		}, false},
		{"colons in the path", "3:pids:/a:b:c\n", []membership{{[]string{"pids"}, "/a:b:c"}}, false},
		{"outside of the namespace", "0::/../..\n", []membership{{nil, "/../.."}}, false},
		{"no newline at the end", "0::/a", []membership{{nil, "/a"}}, false},
		{"two parts", "0:/\n", nil, true},
		{"relative path", "0::a\n", nil, true},
		{"no id", "x::/\n", nil, true},
		{"empty line", "\n", nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := parseMemberships([]byte(c.in))
			assert.Equal(t, c.bad, err != nil)
			assert.Equal(t, c.want, got)
		})
	}
}

func TestParseMounts(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []mountPoint
		bad      bool
	}{
		{"others", "22 27 0:21 / /proc rw,relatime - proc proc rw\n", nil, false},
		{"v1, v2 with optional fields", "" +
			"33 31 0:30 / /cg/cpu rw,nosuid shared:9 master:1 - cgroup cgroup rw,cpu,cpuacct\n" +
			"41 31 0:38 /docker/1 /cg/u ro - cgroup2 none rw,nsdelegate\n",
			[]mountPoint{
				{1, "/", "/cg/cpu", []string{"rw", "cpu", "cpuacct"}, false},
				{2, "/docker/1", "/cg/u", []string{"rw", "nsdelegate"}, true},
			}, false},
		{"superblock read-only", "41 31 0:38 / /c rw - cgroup2 cgroup2 ro\n", []mountPoint{{2, "/", "/c", []string{"ro"}, true}}, false},
		{"escapes", `41 31 0:38 /a\134b /c\040d\011\012 rw - cgroup2 cgroup2 rw` + "\n",
			[]mountPoint{{2, `/a\b`, "/c d\t\n", []string{"rw"}, false}}, false},
		{"no separator", "41 31 0:38 / /c rw cgroup2 cgroup2 rw\n", nil, true},
		{"short", "41 31 - cgroup2 cgroup2 rw\n", nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := parseMounts([]byte(c.in))
			assert.Equal(t, c.bad, err != nil)
			assert.Equal(t, c.want, got)
		})
	}
}

func TestBelow(t *testing.T) {
	for _, c := range []struct {
		root, path, want string
		ok               bool
	}{
		{"/", "/", "/", true},
		{"/", "/a/b", "/a/b", true},
		{"/docker/1", "/docker/1", "/", true},    // container without cgroup namespace
		{"/docker/1", "/docker/1/x", "/x", true}, //
		{"/docker/1", "/docker/12", "", false},   // a name that begins alike
		{"/docker/1", "/", "", false},            // below the process
		{"/", "/../other", "", false},            // outside of the namespace
		{"/..", "/../other", "/other", true},     // mounted outside of it, one up
		{"/..", "/", "", false},                  // the own name isn't known
		{"/..", "/../../other", "", false},       //
		{"/../..", "/../../a", "/a", true},       //
		{"/../x", "/../x/y", "/y", true},         //
		{"/", "/a..b", "/a..b", true},            // just a name
	} {
		got, ok := below(c.root, c.path)
		assert.Equal(t, c.ok, ok, "%s in %s", c.path, c.root)
		assert.Equal(t, c.want, got, "%s in %s", c.path, c.root)
	}
}

func TestLocate(t *testing.T) {
	covered := errors.New("covered")
	usable := func(dir string, _ int) error {
		if strings.HasPrefix(dir, "/covered") {
			return covered
		}
		return nil
	}
	for _, c := range []struct {
		name            string
		members, mounts string
		own             map[string]string // by hierarchy name
		err             map[string]string
	}{
		{
			name:    "hybrid, co-mounted, odd mount points",
			members: "5:cpu,cpuacct:/j\n4:memory:/j/k\n1:name=systemd:/s\n0::/u\n",
			mounts: "1 1 0:1 / /x/cpu\\040both rw - cgroup cgroup rw,cpu,cpuacct\n" +
				"1 1 0:2 / /odd rw - cgroup cgroup rw,memory\n" +
				"1 1 0:3 / /sd rw - cgroup cgroup rw,xattr,name=systemd\n" +
				"1 1 0:4 / /two rw - cgroup2 cgroup2 rw\n",
			own: map[string]string{"cpu,cpuacct": "/x/cpu both/j", "memory": "/odd/j/k", "cgroup2": "/two/u"},
		},
		{
			name:    "container without cgroup namespace",
			members: "4:memory:/docker/7/in\n0::/docker/7\n",
			mounts: "1 1 0:2 /docker/7 /cg/memory rw - cgroup cgroup rw,memory\n" +
				"1 1 0:4 /docker/7 /cg/u ro - cgroup2 cgroup2 rw\n",
			own: map[string]string{"memory": "/cg/memory/in"},
			err: map[string]string{"cgroup2": "/cg/u: read-only file system"},
		},
		{
			name:    "several mounts of one hierarchy",
			members: "0::/a/b\n",
			mounts: "1 1 0:4 /other /one rw - cgroup2 c rw\n" +
				"1 1 0:4 / /two ro - cgroup2 c rw\n" +
				"1 1 0:4 / /covered rw - cgroup2 c rw\n" +
				"1 1 0:4 /a /four rw - cgroup2 c rw\n" +
				"1 1 0:4 / /five rw - cgroup2 c rw\n",
			own: map[string]string{"cgroup2": "/four/b"},
		},
		{
			name:    "nothing fits",
			members: "9:pids:/p\n8:cpuset:/\n4:memory:/m\n0::/../x\n",
			mounts: "1 1 0:4 / /two rw - cgroup2 c rw\n" +
				"1 1 0:4 / /covered/m rw - cgroup c rw,memory\n",
			err: map[string]string{
				"pids":    "the pids hierarchy is not mounted",
				"cpuset":  "the cpuset hierarchy is not mounted",
				"memory":  "covered",
				"cgroup2": "own cgroup /../x is outside of what is mounted at /two",
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			members, err := parseMemberships([]byte(c.members))
			require.NoError(t, err)
			mounts, err := parseMounts([]byte(c.mounts))
			require.NoError(t, err)
			own, errs := map[string]string{}, map[string]string{}
			for _, h := range locate(members, mounts, usable) {
				if h.err != nil {
					assert.Contains(t, h.err.Error(), c.err[h.name()])
					errs[h.name()] = c.err[h.name()]
					assert.Empty(t, h.own)
				} else {
					own[h.name()] = h.own
				}
			}
			if c.own == nil {
				c.own = map[string]string{}
			}
			if c.err == nil {
				c.err = map[string]string{}
			}
			assert.Equal(t, c.own, own)
			assert.Equal(t, c.err, errs)
		})
	}
}

func TestLocateReadOnlyIsMatchable(t *testing.T) {
	hs := locate([]membership{{nil, "/"}}, []mountPoint{{2, "/", "/c", nil, true}}, nil)
	require.ErrorIs(t, hs[0].err, unix.EROFS)
}

func TestIsCgroupFS(t *testing.T) {
	assert.ErrorContains(t, isCgroupFS("/proc", 1), "covered")
	assert.ErrorIs(t, isCgroupFS(path.Join(t.TempDir(), "no"), 2), os.ErrNotExist)
}

func FuzzParseMemberships(f *testing.F) {
	f.Add([]byte("4:cpu,cpuacct:/x\n1:name=systemd:/y:z\n0::/../a\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := parseMemberships(data)
		for _, m := range all {
			assert.True(t, strings.HasPrefix(m.path, "/"))
			assert.NoError(t, err)
		}
	})
}

func FuzzParseMounts(f *testing.F) {
	f.Add([]byte("33 31 0:30 / /cg/cpu\\040 rw shared:9 - cgroup cgroup rw,cpu\n41 31 0:38 / /c ro - cgroup2 none rw\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := parseMounts(data)
		for _, m := range all {
			assert.Contains(t, []int{1, 2}, m.version)
			assert.NoError(t, err)
		}
	})
}

func FuzzBelow(f *testing.F) {
	f.Add("/docker/1", "/docker/1/x")
	f.Add("/..", "/../../x")
	f.Fuzz(func(t *testing.T, root, p string) {
		rel, ok := below(root, p)
		if !ok {
			return
		}
		// What is joined to a mount point must stay below it.
		dir := path.Join("/mnt", rel)
		assert.True(t, dir == "/mnt" || strings.HasPrefix(dir, "/mnt/"), dir)
	})
}
