package mount

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/internal/kernel"
	"github.com/bailiff-judge/bailiff/internal/testprog"
)

// standard is what most programs get.
func standard() *Tree {
	return new(Tree).Bind("/usr", "/usr", 0).Bind("/bin", "/bin", 0).Bind("/lib", "/lib", 0).
		Bind("/lib64", "/lib64", Optional).Bind("/etc", "/etc", 0).
		Tmpfs("/tmp", TmpfsOptions{Size: 64 << 20, Mode: 0o1777}).Tmpfs("/box", TmpfsOptions{Size: 64 << 20})
}

// BenchmarkTree is a cold start in new mount, pid and ipc namespaces, to the
// program's end, by what is done about the file system.
func BenchmarkTree(b *testing.B) {
	if os.Geteuid() != 0 {
		b.Skip("needs CAP_SYS_ADMIN: run as root")
	}
	tiny := testprog.Build(b, "tiny")
	for _, c := range []struct {
		name string
		tree *Tree
	}{
		{"nothing", nil},
		{"root", new(Tree)},
		{"standard", standard()},
	} {
		b.Run(c.name, func(b *testing.B) {
			w := &world{features: kernel.Probe()}
			path := tiny
			if c.tree != nil {
				c.tree.Bind(tiny, "/tiny", 0)
				path = "/tiny"
			}
			program, flags := w.rows(b, c.tree, path)
			for b.Loop() {
				in := program.Instance()
				in.Set("out", uint64(os.Stdin.Fd()))
				pid, err := in.Spawn(flags)
				require.NoError(b, err)
				wait(b, pid)
				require.NoError(b, in.Failure())
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	tree := standard()
	for b.Loop() {
		if _, err := tree.Compile(false); err != nil {
			b.Fatal(err)
		}
	}
}
