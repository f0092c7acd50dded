package testprog

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Hostile programs run in sandboxes only. What can be shown here is that with small
// numbers, and where nothing else is touched, they do what they were made for: a test of a
// sandbox that uses them must not pass because they do nothing.
func TestHostileWithSmallNumbers(t *testing.T) {
	for _, test := range []struct {
		command string
		output  string // on stdout and stderr
	}{
		{"cpu_children 3 1", ""},
		{"cpu_orphan wait 5", ""},
		{"cpu_sigxcpu ignore 5", ""},
		{"cpu_sigxcpu block 5", ""},
		{"cpu_sigxcpu both 5", ""},
		{"cpu_sigxcpu handle 5", ""},
		{"cpu_threads 3 2", ""},
		{"memory_grow heap 2", ""},
		{"memory_grow mmap 2", ""},
		{"memory_grow child 2", ""},
		{"memory_grow children 4 3", ""},
		{"memory_kernel memfd 1", "held_mib=1\n"},
		{"memory_kernel pipe 1", "held_mib=1\n"},
		{"memory_kernel socket 1", "held_mib=1\n"},
		{"memory_reserve 4096", "mmap=ok\n"},
		{"memory_stack 1", "frames=256\n"},
		{"output_race 4 25", strings.Repeat("x", 100)},
		{"output_reopen dup 1500", strings.Repeat("x", 1500)},
		{"output_reopen proc 1500", strings.Repeat("x", 1500)},
		{"output_splice sendfile 5000", strings.Repeat("x", 5000)},
		{"output_splice splice 5000", strings.Repeat("x", 5000)},
		{"output_splice tee 5000", strings.Repeat("x", 5000)},
		{"output_splice vmsplice 5000", strings.Repeat("x", 5000)},
		{"process_exec exec 3", "left=0\n"},
		{"process_exec pid 3", "left=0\n"},
		{"process_exec thread 3", "left=0\n"},
		{"process_zombies 3", ""},
		{"signal_raise 17", "survived=17\n"},
		{"signal_raise 15 handled", "survived=15\n"},
	} {
		t.Run(test.command, func(t *testing.T) {
			t.Parallel()
			args := strings.Fields(test.command)
			var output bytes.Buffer
			cmd := exec.Command(Build(t, args[0]), args[1:]...)
			cmd.Stdout, cmd.Stderr = &output, &output
			require.NoError(t, cmd.Run(), output.String())
			got := output.String()
			if strings.HasPrefix(args[0], "output_race") {
				got = strings.Repeat("x", len(got)) // each child has letters of its own
			}
			assert.Equal(t, test.output, got)
		})
	}
}

func TestOutputReopenTruncate(t *testing.T) {
	out := openFile(t)
	cmd := exec.Command(Build(t, "output_reopen"), "truncate", "5000")
	cmd.Stdout = out
	require.NoError(t, cmd.Run())
	info, err := out.Stat()
	require.NoError(t, err)
	assert.Equal(t, int64(5000%1024), info.Size(), "all but the last piece is gone")
}

func TestOutputFile(t *testing.T) {
	out := openFile(t)
	assert.Equal(t, "open=ok\nbytes=70000\n", run(t, "", "output_file", out.Name(), "70000"))
	info, err := out.Stat()
	require.NoError(t, err)
	assert.Equal(t, int64(70000), info.Size())
	assert.Equal(t, "open=ENOTDIR\nbytes=0\n", run(t, "", "output_file", out.Name()+"/file", "1"))
}

// Every crash is by the signal that the program's own table says.
func TestSignalFault(t *testing.T) {
	path := Build(t, "signal_fault")
	table, err := exec.Command(path).CombinedOutput()
	require.Error(t, err, "usage")
	modes := 0
	for line := range strings.Lines(string(table)) {
		mode, signal, ok := strings.Cut(strings.TrimSpace(line), " SIG")
		if !ok {
			continue
		}
		modes++
		cmd := exec.Command(path, mode)
		cmd.Dir = t.TempDir() // for the core
		assert.Error(t, cmd.Run())
		assert.Equal(t, "SIG"+signal, killedBy(cmd), mode)
	}
	assert.GreaterOrEqual(t, modes, 10)
}

func TestSignalRaise(t *testing.T) {
	for argument, want := range map[string]string{
		"9": "SIGKILL", "15": "SIGTERM", "24": "SIGXCPU", "abort": "SIGABRT", "abort handled": "SIGABRT",
	} {
		cmd := exec.Command(Build(t, "signal_raise"), strings.Fields(argument)...)
		cmd.Dir = t.TempDir()
		assert.Error(t, cmd.Run())
		assert.Equal(t, want, killedBy(cmd), argument)
	}
}
