package crash_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/crash"
	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/testprog"
)

func TestCrashes(t *testing.T) {
	leakcheck.Check(t)
	for _, x := range expectations(t) {
		for _, flags := range []string{"-g -O2", "-g -O0", "-gdwarf-4 -O1", "-g -O2 -static", "-g -O2 -no-pie -gz"} {
			t.Run(x.path+" "+flags, func(t *testing.T) {
				program := testprog.Compile(t, x.path, strings.Fields(flags)...)
				found := trace(t, program)
				require.Len(t, found, 1)
				assert.Regexp(t, x.pattern(x.text), found[0].String())
				if t.Failed() {
					t.Log(found[0].Backtrace)
				}
			})
		}
	}
}

// TestWithoutDebugInformation holds that the cause is the same, and that there is
// at least the function, or if the program is stripped, the program's name.
func TestWithoutDebugInformation(t *testing.T) {
	leakcheck.Check(t)
	where := regexp.MustCompile(` (?:in|called by) ([^ ]+\(.*\)) at [a-z_]+\.c(pp)?:HERE$`)
	for _, x := range expectations(t) {
		t.Run(x.path, func(t *testing.T) {
			found := trace(t, testprog.Compile(t, x.path, "-O1"))
			require.Len(t, found, 1)
			match := where.FindStringSubmatchIndex(x.text)
			want := x.text
			if match != nil {
				want = x.text[:match[3]]
			}
			if !strings.Contains(x.path, "inlined") { // that needs debug information
				assert.Regexp(t, x.pattern(want), found[0].String())
			}
			assert.Empty(t, found[0].Source)

			stripped := trace(t, testprog.Compile(t, x.path, "-O1", "-s"))
			require.Len(t, stripped, 1)
			assert.Equal(t, found[0].CodeName, stripped[0].CodeName)
			if match == nil {
				return
			}
			head := x.text[:match[0]]
			if before, _, library := strings.Cut(head, " in *,"); library {
				head = before + "*"
			}
			name := strings.TrimSuffix(filepath.Base(x.path), filepath.Ext(x.path))
			assert.Regexp(t, strings.TrimSuffix(x.pattern(head), "$")+".*"+name+`\+0x[0-9a-f]+$`, stripped[0].String())
		})
	}
}

// TestAccessIsTheProcessors holds what is read off instructions against the error
// code of the fault, which only the program itself is told.
func TestAccessIsTheProcessors(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the instructions are amd64's")
	}
	leakcheck.Check(t)
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	require.NoError(t, err)
	defer out.Close()
	cmd := exec.Command(testprog.Compile(t, "crash/access/instructions.c", "-O1"))
	cmd.Stdout = out
	found := traceCommand(t, cmd, true)
	text, err := os.ReadFile(out.Name())
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	require.Greater(t, len(lines), 80)
	require.Len(t, found, len(lines))
	for i, line := range lines {
		var name string
		var code, address uint64
		_, err := fmt.Sscanf(line, "%s %d %v", &name, &code, &address)
		require.NoError(t, err)
		const write, fetch = 2, 16
		want := crash.Read
		switch {
		case code&fetch != 0:
			want = crash.Execute
		case code&write != 0:
			want = crash.Write
		}
		assert.Equal(t, want, found[i].Access, line)
		assert.Equal(t, address, found[i].Address, line)
	}
}

// TestSentSignals holds that a signal that somebody sent is not taken for a fault.
func TestSentSignals(t *testing.T) {
	leakcheck.Check(t)
	for script, want := range map[string]string{
		"kill -SEGV $$":     "segmentation fault: sent by the program itself, not the consequence of a fault",
		"kill -ABRT $$":     "aborted: sent by the program itself, not the consequence of a fault",
		"(kill -BUS $$); :": "bus error: sent by process ",
	} {
		found := trace(t, "/bin/sh", "-c", script)
		require.Len(t, found, 1, script)
		assert.True(t, strings.HasPrefix(found[0].String(), want), found[0])
		assert.False(t, found[0].HasAddress)
		assert.Empty(t, found[0].Access)
	}
}

// TestProgramWithoutPath holds that a program is found that is nowhere any more.
func TestProgramWithoutPath(t *testing.T) {
	leakcheck.Check(t)
	program, err := os.ReadFile(testprog.Compile(t, "crash/null_write.cpp", "-g", "-O2"))
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "sol")
	require.NoError(t, os.WriteFile(path, program, 0o700)) //nolint:gosec // it is run
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	cmd := exec.Command("/proc/self/fd/3")
	cmd.Dir, cmd.ExtraFiles = t.TempDir(), []*os.File{file}
	require.NoError(t, os.Remove(path))
	found := traceCommand(t, cmd, false)
	require.Len(t, found, 1)
	assert.Equal(t, "segmentation fault: write to address 0x0 (null pointer) in solve() at null_write.cpp:6", found[0].String())
	assert.Equal(t, "sol", found[0].Backtrace[0].Module)
}

// TestEvidence holds the fields behind the text.
func TestEvidence(t *testing.T) {
	leakcheck.Check(t)
	found := trace(t, testprog.Compile(t, "crash/inlined.cpp", "-g", "-O2"))
	require.Len(t, found, 1)
	e := found[0]
	assert.Equal(t, unix.SIGSEGV, e.Signal)
	assert.Equal(t, 1, e.Code)
	assert.Equal(t, "SEGV_MAPERR", e.CodeName)
	assert.True(t, e.HasAddress)
	assert.Zero(t, e.Address)
	assert.Equal(t, crash.Write, e.Access)
	assert.Equal(t, "null pointer", e.Hint)
	assert.Equal(t, "solve()", e.Function)
	assert.Equal(t, "inlined.cpp:6", e.Source)
	assert.False(t, e.Truncated)
	require.Greater(t, len(e.Backtrace), 2)
	inner, outer := e.Backtrace[0], e.Backtrace[1]
	assert.Equal(t, e.IP, inner.Address)
	assert.Equal(t, inner.Address, outer.Address)
	assert.True(t, inner.Inlined)
	assert.False(t, outer.Inlined)
	assert.Equal(t, "main() at inlined.cpp:11", outer.String())
	assert.Equal(t, "inlined", inner.Module)
	assert.Equal(t, "inlined.cpp", inner.File)
}

// TestOtherLanguages holds that there is something sensible about programs that
// end in other ways.
func TestOtherLanguages(t *testing.T) {
	leakcheck.Check(t)
	for _, test := range []struct {
		tool, file, code, flags, want string
	}{
		{"rustc", "sol.rs", `
fn depth(n: u64) -> u64 { let a = [n; 100]; if n == 0 { 0 } else { depth(n + 1) + std::hint::black_box(a)[3] } }
fn main() { std::process::exit(depth(std::hint::black_box(1)) as i32) }`, "-g -C opt-level=0",
			`^aborted: stack overflow in sol::depth.* at sol.rs:2$`},
		{"rustc", "sol.rs", `
#[inline(never)] fn solve(p: *mut i32) { unsafe { *p = 5 } }
fn main() { solve(std::hint::black_box(0x10 as *mut i32)) }`, "-g -C opt-level=1",
			`^segmentation fault: write to address 0x10 \(null pointer, offset 0x10\) in sol::solve.* at sol.rs:2$`},
		{"rustc", "sol.rs", `
#[inline(never)] fn solve(n: i32) { if n > 0 { panic!("lost") } }
fn main() { solve(std::hint::black_box(1)) }`, "-g -C opt-level=1 -C panic=abort",
			`^aborted: Rust panic in sol::solve.* at sol.rs:2$`},
		{"go", "sol.go", `package main

func solve(p *int) { *p = 5 }
func main() { solve(nil) }`, "", `^aborted: sent by the program itself.* in runtime\.raise\(\) at sys_linux_[a-z0-9]+\.s:[0-9]+$`},
	} {
		t.Run(test.tool, func(t *testing.T) {
			tool, err := exec.LookPath(test.tool)
			if err != nil {
				t.Skipf("%s is not in $PATH", test.tool)
			}
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, test.file), []byte(test.code), 0o600))
			build := exec.Command(tool, append(strings.Fields(test.flags), test.file)...)
			if test.tool == "go" {
				build = exec.Command(tool, "build", "-o", "sol", test.file)
			}
			build.Dir = dir
			out, err := build.CombinedOutput()
			require.NoError(t, err, "%s", out)
			cmd := exec.Command(filepath.Join(dir, "sol"))
			cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOTRACEBACK=crash", "RUST_BACKTRACE=0")
			found := traceCommand(t, cmd, false)
			require.NotEmpty(t, found)
			assert.Regexp(t, test.want, found[len(found)-1].String())
			if t.Failed() {
				t.Log(found[len(found)-1].Backtrace)
			}
		})
	}
}
