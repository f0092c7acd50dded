package mount

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// everything is a tree with each kind of entry.
func everything(t testing.TB) *Tree {
	return new(Tree).LimitRoot(TmpfsOptions{Size: 1 << 20, Inodes: 64}).
		Bind("/usr", "/usr", 0).
		Bind("/etc", "/etc", Writable|Suid|Dev|NoExec|Optional).
		Bind("/usr", "/with:colon\\and\nline", NoExec).
		Tmpfs("/tmp", TmpfsOptions{Size: 64 << 20, Inodes: 4096, Mode: 0o1777, UID: 1, GID: 2, NoExec: true}).
		Tmpfs("/usual", TmpfsOptions{}).
		Proc("/proc", false).Proc("/pids", true).Mqueue("/dev/mqueue").Device("/dev/null").
		Symlink("usr/bin", "/bin").
		File("/passwd", "root:x:0:0::/:\n", 0o644).File("/empty", "", 0).
		Dir("/dir", 0o700, 1000, 1000).Dir("/plain", 0, 0, 0).
		MaskFile("/proc/cpuinfo").MaskDir("/proc/sys").
		Overlay("/o", []string{"/usr", "/etc"}, "/upper", "/box").Overlay("/ro", []string{"/usr"}, "", "")
}

const everythingText = `root:size=1M,inodes=64
/usr:/usr:ro
/etc:/etc:rw,suid,dev,noexec,optional
/usr:/with\:colon\\and\nline:ro,noexec
tmpfs:/tmp:size=64M,inodes=4096,mode=1777,uid=1,gid=2,noexec
tmpfs:/usual
proc:/proc
proc:/pids:pids
mqueue:/dev/mqueue
device:/dev/null
symlink:usr/bin:/bin
file:/passwd:mode=644:root\:x\:0\:0\:\:/\:\n
file:/empty::
dir:/dir:mode=700,uid=1000,gid=1000
dir:/plain
maskfile:/proc/cpuinfo
maskdir:/proc/sys
overlay:/o:lower=/usr,lower=/etc,upper=/upper,work=/box
overlay:/ro:lower=/usr`

func TestText(t *testing.T) {
	tree := everything(t)
	assert.Equal(t, everythingText, tree.String())
	parsed, err := Parse(everythingText)
	require.NoError(t, err)
	assert.Equal(t, tree, parsed)
	assert.Empty(t, new(Tree).String())
}

func TestParse(t *testing.T) {
	for text, want := range map[string]*Tree{
		"":                                   new(Tree),
		"# comment\n\n  \n/usr\n":            new(Tree).Bind("/usr", "/usr", 0),
		"/usr:/opt":                          new(Tree).Bind("/usr", "/opt", 0),
		"/usr:/usr:ro,nosuid,nodev,exec":     new(Tree).Bind("/usr", "/usr", 0),
		"/usr:/usr:noexec,required":          new(Tree).Bind("/usr", "/usr", NoExec),
		"/usr:/usr:optional,rw":              new(Tree).Bind("/usr", "/usr", Writable|Optional),
		`/a\:b`:                              new(Tree).Bind("/a:b", "/a:b", 0),
		"tmpfs:/t:size=1048576":              new(Tree).Tmpfs("/t", TmpfsOptions{Size: 1 << 20}),
		"tmpfs:/t:size=3K,mode=0700,uid=0":   new(Tree).Tmpfs("/t", TmpfsOptions{Size: 3072, Mode: 0o700}),
		"tmpfs:/t:":                          new(Tree).Tmpfs("/t", TmpfsOptions{}),
		"tmpfs:/t:uid=4294967295,size=8191P": nil,
		"file:/f:mode=400:# no comment\\n":   new(Tree).File("/f", "# no comment\n", 0o400),
		"overlay:/o:lower=/b,lower=/a":       new(Tree).Overlay("/o", []string{"/b", "/a"}, "", ""),
	} {
		got, err := Parse(text)
		if want == nil {
			assert.ErrorContains(t, err, `"8191P" is no size`)
			continue
		}
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
}

func TestParseRefuses(t *testing.T) {
	for text, message := range map[string]string{
		"/usr\nusr:/usr":              `mount: line 2: "usr:/usr": begin with an absolute path, or: unknown kind "usr": there are device, dir, file,`,
		"tmpf:/tmp":                   `unknown kind "tmpf": did you mean "tmpfs"?`,
		"/usr:usr":                    `target "usr": write an absolute path`,
		"/usr:/usr:ro:x":              `too many fields: write SOURCE:TARGET:ATTRIBUTES, and \: for a colon in a path`,
		"/usr:/usr:noexce":            `unknown attribute "noexce": did you mean "noexec"?`,
		"/usr:/usr:":                  `unknown attribute "": there are rw, ro, suid`,
		"/usr:/usr:ro,rw":             `"rw" says again or against what was said before: leave one out`,
		"/usr:/usr:nosuid,nosuid":     `"nosuid" says again`,
		"tmpfs:/t:sise=1M":            `unknown option "sise": did you mean "size"?`,
		"tmpfs:/t:size=1M,size=2M":    `size is given twice: leave one out`,
		"tmpfs:/t:size=1X":            `size=1X: "1X" is no size: write a number of bytes, or one with K, M, G or T`,
		"tmpfs:/t:size=":              `size=: "" is no size`,
		"tmpfs:/t:size=-1":            `"-1" is no size`,
		"tmpfs:/t:size=+1":            `"+1" is no size`,
		"tmpfs:/t:size=8388608T":      `"8388608T" is no size`,
		"tmpfs:/t:size=0":             `size=0: leave it out for the default`,
		"tmpfs:/t:mode=0":             `mode=0: leave it out for the default`,
		"tmpfs:/t:inodes=0":           `inodes=0: leave it out for the default`,
		"tmpfs:/t:inodes=-1":          `inodes=-1: "-1" is no number`,
		"tmpfs:/t:mode=999":           `mode=999: "999" is no octal number`,
		"tmpfs:/t:mode=17777":         `mode 017777: has more than permissions`,
		"tmpfs:/t:uid=4294967296":     `uid=4294967296: "4294967296" is no number below 4294967296`,
		"tmpfs:/t:noexec=1":           `noexec=1: takes no value`,
		"dir:/d:size=1":               `unknown option "size": there are mode, uid, gid`,
		"tmpfs":                       `0 fields behind "tmpfs", want 1 to 2`,
		"mqueue:/m:x":                 `2 fields behind "mqueue", want 1 to 1: write \: for a colon in one`,
		"proc:/proc:pid":              `unknown option "pid": did you mean "pids"?`,
		"file:/f:mode=644:a:b":        `4 fields behind "file"`,
		"symlink:/bin":                `1 fields behind "symlink"`,
		"root:size=1\nroot:inodes=1":  `line 2: "root:inodes=1": the root is given twice: leave one out`,
		"root:mode=755":               `unknown option "mode": there are size, inodes`,
		"root":                        `write root:size=SIZE,inodes=NUMBER`,
		"overlay:/o:lower=/a,uper=/b": `unknown option "uper": did you mean "upper"?`,
		"overlay:/o:lower=/a,upper=/b,upper=/c,work=/d": `upper is given twice`,
		"device:/dev/sda": `no device "sda"`,
		"maskfile:\x00":   `target "\x00"`,
	} {
		tree, err := Parse(text)
		assert.ErrorContains(t, err, message, text)
		assert.ErrorContains(t, err, "mount: line ", text)
		assert.Nil(t, tree)
	}
}

func TestAdd(t *testing.T) {
	tree := new(Tree)
	for _, entry := range []struct {
		text     string
		writable bool
	}{
		{"/a", true}, {"/b", false}, {"/c:/c:noexec", true}, {"/d:/d:ro", true}, {"/e:/e:rw", false}, {"/rw,ro:/f", true}, {"tmpfs:/t", true},
	} {
		require.NoError(t, tree.Add(entry.text, entry.writable))
	}
	assert.Equal(t, new(Tree).Bind("/a", "/a", Writable).Bind("/b", "/b", 0).Bind("/c", "/c", Writable|NoExec).
		Bind("/d", "/d", 0).Bind("/e", "/e", Writable).Bind("/rw,ro", "/f", Writable).Tmpfs("/t", TmpfsOptions{}), tree)

	before := tree.Clone()
	assert.EqualError(t, tree.Add("/x:/x:wr", false), `mount: "/x:/x:wr": unknown attribute "wr": did you mean "rw"?`)
	assert.Equal(t, before, tree, "an error changes nothing")
}

func TestClone(t *testing.T) {
	tree := everything(t)
	clone := tree.Clone()
	assert.Equal(t, tree, clone)
	clone.Tmpfs("/more", TmpfsOptions{}).LimitRoot(TmpfsOptions{})
	tree.Bind("/other", "/other", 0)
	assert.Equal(t, everythingText+"\n/other:/other:ro", tree.String())
	assert.Equal(t, strings.TrimPrefix(everythingText, "root:size=1M,inodes=64\n")+"\ntmpfs:/more", clone.String())
}

func FuzzParse(f *testing.F) {
	for line := range strings.Lines(everythingText) {
		f.Add(line)
	}
	f.Add(everythingText)
	f.Add("/a\\")
	f.Add("file:/f::\\x\\\\n\r")
	f.Fuzz(func(t *testing.T, text string) {
		tree, err := Parse(text)
		if err != nil {
			assert.True(t, strings.HasPrefix(err.Error(), "mount: line "), err)
			return
		}
		again, err := Parse(tree.String())
		require.NoError(t, err, tree.String())
		assert.Equal(t, tree, again)
		assert.Equal(t, tree.String(), again.String())
	})
}

// Whatever can be built can be written down and read back.
func FuzzBuild(f *testing.F) {
	f.Add("/a", "/b", "content:\\n\n", uint8(3), int64(1), uint32(0o644))
	f.Add("/a:b\\", "/c\nd", "", uint8(0), int64(1<<62), uint32(0))
	f.Fuzz(func(t *testing.T, source, target, content string, flags uint8, size int64, number uint32) {
		options := TmpfsOptions{Size: size, Inodes: size, Mode: number, UID: number, GID: number, NoExec: flags&1 != 0}
		tree := new(Tree).Bind(source, target, Flags(flags)&(Optional<<1-1)).Tmpfs(target, options).
			Symlink(source, target).File(target, content, number).Dir(target, number, number, number).
			Proc(target, flags&1 != 0).Mqueue(target).MaskDir(target).MaskFile(target)
		for i := range tree.entries {
			if tree.entries[i].check() != nil {
				return
			}
		}
		parsed, err := Parse(tree.String())
		require.NoError(t, err, tree.String())
		assert.Equal(t, tree, parsed)
	})
}
