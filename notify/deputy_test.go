package notify_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/testprog"
)

// try runs notify_try.
func try(t *testing.T, policy string, args ...string) map[string]string {
	t.Helper()
	got := run(t, program{name: "notify_try", args: args, policy: policy, dir: "/"})
	require.NoError(t, got.err)
	require.Nil(t, got.violation)
	require.Zero(t, got.status, got.output)
	return testprog.Values(got.output)
}

// The supervisor does for a program what that could do itself, and no more,
// although it is root.
func TestSupervisorIsNoConfusedDeputy(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("an ordinary judge has no rights that its programs have not")
	}
	leakcheck.Check(t)
	dir := workDir(t)
	require.NoError(t, os.Chown(dir, 0, 0))
	private := filepath.Join(dir, "private")
	require.NoError(t, os.Mkdir(private, 0o700))
	for name, mode := range map[string]os.FileMode{"private/file": 0o666, "secret": 0o600, "shown": 0o644} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("text"), mode))
		require.NoError(t, os.Chmod(filepath.Join(dir, name), mode))
	}
	for _, c := range []struct{ args, want string }{
		{"read secret", "open=EACCES"},
		{"read shown", "open=ok"},
		{"open secret 1", "open=EACCES"},
		{"open shown 1", "open=EACCES"},
		{"open shown 0x200", "open=EACCES"}, // O_TRUNC
		{"open new 0x41", "open=EACCES"},    // O_CREAT|O_WRONLY
		{"read private/file", "open=EACCES"},
		{"stat private/file", "stat=EACCES"},
		{"stat private/none", "stat=EACCES"},
		{"stat private", "stat=ok"},
		{"stat secret", "stat=ok"},
		{"read /etc/shadow", "open=EACCES"},
		{"read /proc/1/environ", "open=EACCES"},
		{"read /proc/1/cwd/etc/passwd", "open=EACCES"},
		{"stat /proc/1/root/etc", "stat=EACCES"},
		{"read /proc/JUDGE/environ", "open=EACCES"},
		{"read /proc/JUDGE/maps", "open=EACCES"},
		{"read /proc/JUDGE/fd/0", "open=EACCES"},
		{"open /proc/JUDGE/mem 2", "open=EACCES"},
		{"open /proc/JUDGE/oom_score_adj 1", "open=EACCES"},
		{"read /proc/sysvipc/shm", "open=EACCES"},
		{"open /proc/sys/kernel/core_pattern 1", "open=EACCES"},
		{"open /proc/sys/kernel/hostname 1", "open=EACCES"},
		{"open /proc/self/uid_map 1", "open=ok"}, // it is the program's own, and written by it
		{"read /proc/sys/kernel/pid_max", "open=ok"},
		{"open /dev/tty 2", "open=ENXIO"},
		{"open /dev/kmsg 1", "open=EACCES"},
		{"open /dev/mem 0", "open=EACCES"},
		{"open /dev/kvm 2", "open=EACCES"},
		{"open /dev/full 1", "open=ok"},
		{"open /dev/urandom 0", "open=ok"},
		{"open /dev/ptmx 2", "open=ok"},
	} {
		args := strings.Fields(strings.ReplaceAll(c.args, "JUDGE", strconv.Itoa(os.Getpid())))
		if !filepath.IsAbs(args[1]) {
			args[1] = filepath.Join(dir, args[1])
		}
		if _, err := os.Lstat(args[1]); strings.HasPrefix(args[1], "/dev/") && err != nil {
			continue
		}
		name, want, _ := strings.Cut(c.want, "=")
		assert.Equal(t, want, try(t, allowAll, args...)[name], c.args)
	}
	for _, name := range []string{"secret", "shown"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		assert.NoError(t, err)
		assert.Equal(t, "text", string(text))
	}
}

// Nobody sees from the judge's threads what they have been for a program.
func TestIdentityEndsWithTheRun(t *testing.T) {
	leakcheck.Check(t)
	before := identities(t)
	try(t, allowAll, "umask", workDir(t))
	assert.Equal(t, before, identities(t))
}

// identities are the credentials, the umask and the affinity of the judge's threads.
func identities(t *testing.T) map[string]bool {
	t.Helper()
	seen := map[string]bool{}
	require.Eventually(t, func() bool { // threads take a moment to end
		clear(seen)
		tasks, err := os.ReadDir("/proc/self/task")
		require.NoError(t, err)
		for _, task := range tasks {
			text, err := os.ReadFile("/proc/self/task/" + task.Name() + "/status")
			var id []string
			for line := range strings.Lines(string(text)) {
				for _, field := range []string{"Umask:", "Uid:", "Gid:", "Groups:", "CapEff:", "CapPrm:", "Cpus_allowed:"} {
					if strings.HasPrefix(line, field) {
						id = append(id, line)
					}
				}
			}
			if err == nil {
				seen[strings.Join(id, "")] = true
			}
		}
		return len(seen) == 1
	}, 5*time.Second, 5*time.Millisecond)
	return seen
}

func TestUmaskIsEachProcesssOwn(t *testing.T) {
	leakcheck.Check(t)
	values := try(t, allowAll, "umask", workDir(t))
	for _, umask := range []int{0, 0o22, 0o27, 0o77, 0o777} {
		assert.Equal(t, fmt.Sprintf("%o %o", 0o666&^umask, 0o777&^umask), values[fmt.Sprintf("file.%o", umask)], values)
	}
}

func TestLimitsAreTheProgramsOwn(t *testing.T) {
	leakcheck.Check(t)
	values := try(t, allowAll, "limit", filepath.Join(workDir(t), "file"))
	assert.Equal(t, map[string]string{"smaller": "ok", "larger": "EFBIG", "more": "EMFILE", "one": "ok"}, values)
}

// /proc/self is the program's wherever it asks, in the judge's pid namespace and
// in one of its own.
func TestProcSelfIsTheProgram(t *testing.T) {
	for name, p := range map[string]program{"judge's": {}, "own": {config: inPIDNamespace}} {
		t.Run(name, func(t *testing.T) {
			leakcheck.Check(t)
			p.name, p.args, p.policy = "notify_try", []string{"self"}, allowAll
			got := run(t, p)
			require.NoError(t, got.err)
			values := testprog.Values(got.output)
			want := map[string]string{"stat": "1", "cmdline": "notify_try", "exe": "mine", "status": "1", "maps": "1", "mem": "in memory"}
			if name == "own" { // but /proc is the judge's, so that a process has another number there
				want["stat"], want["maps"] = values["stat"], values["maps"]
			}
			assert.Equal(t, want, values)
		})
	}
}

func TestPipesWaitForTheirOtherEnd(t *testing.T) {
	leakcheck.Check(t)
	pipe := filepath.Join(workDir(t), "pipe")
	require.NoError(t, unix.Mkfifo(pipe, 0o666))
	require.NoError(t, os.Chmod(pipe, 0o666))
	assert.Equal(t, map[string]string{"fifo": "ok", "byte": "1", "other": "0"}, try(t, allowAll, "fifo", pipe))
	assert.Equal(t, "EINTR", try(t, allowAll, "alarm", pipe)["interrupted"])
	// Nobody meets the judge, who has opened an end in the program's place.
	assert.Equal(t, "1000", try(t, allowAll, "meet", pipe, "1000")["met"])
}

// Whoever waits for ever does not keep the judge from ending the run.
func TestPipesThatNobodyOpens(t *testing.T) {
	leakcheck.Check(t)
	pipe := filepath.Join(workDir(t), "pipe")
	require.NoError(t, unix.Mkfifo(pipe, 0o666))
	require.NoError(t, os.Chmod(pipe, 0o666))
	p := prepare(t, program{name: "notify_try", args: []string{"hang", pipe, "100"}, policy: allowAll})
	got := killedAfter(t, p, 300*time.Millisecond)
	assert.Equal(t, unix.SIGKILL, got.status.Signal())
}

// A program can't end who supervises it, if that is another user.
func TestSupervisorCannotBeKilled(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("programs of an ordinary judge are of the same user; only a pid namespace hides the judge from them")
	}
	leakcheck.Check(t)
	values := try(t, allowAll, "kill", strconv.Itoa(os.Getpid()))
	assert.Equal(t, map[string]string{"kill": "EPERM", "tgkill": "EPERM", "killed": "none"}, values)
}

// Calls with arguments of chance are answered, all of them.
func TestGarbage(t *testing.T) {
	leakcheck.Check(t)
	rounds := 8
	if testing.Short() {
		rounds = 2
	}
	for seed := range rounds {
		dir := workDir(t) // and nothing else may be changed, not even the directory it is in
		policy := fmt.Sprintf(`
default: allow
files: {allow: [{access: [read], paths: ["/**"]}, {access: [write, create], paths: ["%s/**"]}]}`, dir)
		got := run(t, program{name: "notify_try", args: []string{"garbage", "3000", strconv.Itoa(seed)}, policy: policy, dir: dir})
		require.NoError(t, got.err)
		require.Nil(t, got.violation)
		assert.Zero(t, got.status, got.output)
		assert.Equal(t, "3000", testprog.Values(got.output)["made"])
	}
}

// A descriptor of a process's memory could be another's, who would write there
// while it is decided about what the process executes.
func TestMemoryIsNotWrittenByAFile(t *testing.T) {
	leakcheck.Check(t)
	some := `
default: allow
files:
  allow: [{access: [read, write, create, execute], paths: ["/**"]}]
  deny: [{access: [execute], paths: [/secret]}]`
	for policy, want := range map[string]string{allowAll: "ok", some: "EACCES"} {
		assert.Equal(t, want, try(t, policy, "open", "/proc/self/mem", "2")["open"])
		assert.Equal(t, "ok", try(t, policy, "open", "/proc/self/mem", "0")["open"])
	}
}
