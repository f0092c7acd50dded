package ptracer_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/mount"
	"github.com/bailiff-judge/bailiff/ptracer"
)

// A program in namespaces of its own, where its ids and its root are others than
// the caller sees, is traced as any other; by an ordinary user too, who has no
// right in its user namespace but to have made it.
func TestInNamespaces(t *testing.T) {
	p := program{ask: pathCalls}
	filter := p.filter(t)
	view := new(mount.Tree).Bind(testprog.Build(t, "trace_paths"), "/program", 0).Tmpfs("/tmp", mount.TmpfsOptions{}).Proc("/proc", false).Devices()
	config := forkexec.Config{
		Path: "/program", Dir: "/tmp", Files: 3, Sync: true, Seccomp: filter.Instructions(), SeccompFlags: filter.Flags(),
		Namespaces: forkexec.User | forkexec.PID | forkexec.Mount, Mounts: view,
		UIDMap: []forkexec.IDMap{{Inside: 1000, Outside: uint32(os.Geteuid()), Count: 1}},
		GIDMap: []forkexec.IDMap{{Inside: 1000, Outside: uint32(os.Getegid()), Count: 1}},
	}
	var outputs []string
	for _, o := range []ptracer.Options{{}, {Handler: forbid("/nowhere")}} {
		leakcheck.Check(t)
		runner, err := forkexec.Prepare(config)
		require.NoError(t, err)
		tracer := ptracer.New()
		defer tracer.Close()
		got := runBy(t, tracer, runner, o)
		got.exited(t, 0)
		outputs = append(outputs, lines(got.output)...)
	}
	half := len(outputs) / 2
	assert.Equal(t, outputs[:half], outputs[half:])
	assert.Greater(t, half, 50)
}
