package rlimit

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/script"
	"github.com/bailiff-judge/bailiff/internal/testprog"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]Set{
		"":                          {},
		"cpu=1s:2s":                 {CPU: Range(1, 2)},
		"cpu=90":                    {CPU: Exactly(90)},
		"cpu=2m,rttime=3ms":         {CPU: Exactly(120), RTTime: Exactly(3000)},
		"as=256M":                   {AS: Exactly(256 << 20)},
		"nofile=64,core=0":          {Files: Exactly(64), Core: Exactly(0)},
		"stack=unlimited":           {Stack: Exactly(Unlimited)},
		"data=0:unlimited":          {Data: Range(0, Unlimited)},
		"fsize=9223372036854775808": {FileSize: Exactly(1 << 63)},
		"rss=18446744073709551614":  {RSS: Exactly(1<<64 - 2)},
		"memlock=16777215T":         {MemLock: Exactly(16777215 << 40)},
	} {
		got, err := Parse(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
}

func TestParseRefuses(t *testing.T) {
	for text, message := range map[string]string{
		"cpu":                          `rlimit: "cpu" is no limit: write NAME=VALUE or NAME=SOFT:HARD`,
		"cpu=1,":                       `rlimit: "" is no limit: write NAME=VALUE or NAME=SOFT:HARD`,
		"nofiles=1":                    `rlimit: unknown limit "nofiles": did you mean "nofile"?`,
		"CPU=1":                        `rlimit: unknown limit "CPU": there are cpu, fsize, data,`,
		"cpu=1,cpu=2":                  `rlimit: cpu is given twice: leave one out`,
		"cpu=2s:1s":                    `rlimit: cpu=2s:1s: the soft limit is above the hard one: swap them`,
		"stack=unlimited:8M":           `rlimit: stack=unlimited:8M: the soft limit is above the hard one: swap them`,
		"cpu=":                         `rlimit: cpu: "" is no value: write 64s, 64m, 64h or unlimited`,
		"cpu=1s:":                      `rlimit: cpu: "" is no value`,
		"cpu=1:2:3":                    `rlimit: cpu: "2:3" is no value`,
		"cpu=-1":                       `rlimit: cpu: "-1" is no value`,
		"cpu=+1":                       `rlimit: cpu: "+1" is no value`,
		"cpu=1.5s":                     `rlimit: cpu: "1.5s" is no value`,
		"as= 1":                        `rlimit: as: " 1" is no value: write 64, 64K, 64M, 64G, 64T or unlimited`,
		"as=M":                         `rlimit: as: "M" is no value`,
		"as=1m":                        `rlimit: as: unknown unit in "1m": write 64, 64K`,
		"nofile=1K":                    `rlimit: nofile: unknown unit in "1K": write 64 or unlimited`,
		"as=16777216T":                 `rlimit: as: "16777216T" is too large: write "unlimited" for no limit`,
		"as=18446744073709551615":      `rlimit: as: "18446744073709551615" is too large: write "unlimited" for no limit`,
		"as=99999999999999999999999":   `rlimit: as: "99999999999999999999999" is too large`,
		"as=99999999999999999999999km": `rlimit: as: unknown unit`,
	} {
		got, err := Parse(text)
		assert.ErrorContains(t, err, message, text)
		assert.Equal(t, Set{}, got, text)
	}
}

func TestCheck(t *testing.T) {
	assert.NoError(t, Set{}.Check())
	assert.NoError(t, Set{Core: Exactly(Unlimited), Stack: Range(0, 1)}.Check())
	err := Set{Files: Range(65, 64)}.Check()
	assert.ErrorIs(t, err, ErrSoftAboveHard)
	assert.EqualError(t, err, "rlimit: nofile=65:64: the soft limit is above the hard one: swap them")
}

func TestString(t *testing.T) {
	assert.Empty(t, Set{}.String())
	assert.Equal(t, "cpu=90s:2m,fsize=1025,stack=unlimited,core=0,nofile=1024,as=1K:1G,rttime=1us:1ms", Set{
		CPU: Range(90, 120), FileSize: Exactly(1025), Stack: Exactly(Unlimited), Core: Exactly(0),
		Files: Exactly(1024), AS: Range(1<<10, 1<<30), RTTime: Range(1, 1000),
	}.String())
}

func TestLimit(t *testing.T) {
	assert.False(t, Limit{}.Given())
	assert.True(t, Exactly(0).Given(), "a limit of nothing is a limit")
	l := Range(1, Unlimited)
	assert.Equal(t, []uint64{1, Unlimited}, []uint64{l.Soft(), l.Hard()})
}

func TestVocabularyIsComplete(t *testing.T) {
	require.Len(t, Resources(), 16)
	seen := map[string]bool{}
	for _, r := range Resources() {
		assert.NotEmpty(t, r.Help(), r)
		assert.Contains(t, []string{"bytes", "seconds", "microseconds", "count"}, r.Unit(), r)
		assert.Equal(t, strings.ToUpper("RLIMIT_"+r.String()), resources[r].flag)
		assert.False(t, seen[r.String()], r)
		seen[r.String()] = true
	}
	assert.Equal(t, "resource(16)", Resource(16).String())
}

func TestCallsPrint(t *testing.T) {
	var lines []string
	for _, call := range (Set{Core: Exactly(0), CPU: Range(1, 2), AS: Range(256<<20, Unlimited)}).Calls() {
		lines = append(lines, call.Where()+": "+call.String())
	}
	assert.Equal(t, []string{
		"rlimit[0] cpu: prlimit64(0, RLIMIT_CPU, {soft=1s, hard=2s}, NULL)",
		"rlimit[1] core: prlimit64(0, RLIMIT_CORE, {soft=0, hard=0}, NULL)",
		"rlimit[2] as: prlimit64(0, RLIMIT_AS, {soft=256M, hard=unlimited}, NULL)",
	}, lines)
	assert.Empty(t, Set{}.Calls())
}

// exec runs the rows and then a program that says what its limits are.
func exec(t *testing.T, s Set) (*script.Instance, map[string]string) {
	t.Helper()
	leakcheck.Check(t)
	var pipe [2]int
	require.NoError(t, unix.Pipe2(pipe[:], unix.O_CLOEXEC))
	program := testprog.Build(t, "whoami")
	rows, err := script.Assemble(append(s.Calls(),
		script.Call{Step: "fd", Index: -1, Nr: unix.SYS_DUP3, Args: []script.Arg{script.Value("out"), script.Int(1), script.Int(0)}},
		script.Call{Step: "exec", Index: -1, Nr: unix.SYS_EXECVE, Args: []script.Arg{
			script.String(program), script.Strings([]string{"whoami"}), script.Strings(nil)}}))
	require.NoError(t, err)
	in := rows.Instance()
	in.Set("out", uint64(pipe[1]))
	pid, err := in.Spawn(unix.CLONE_VFORK)
	require.NoError(t, err)
	unix.Close(pipe[1])
	var output []byte
	for buffer := make([]byte, 1<<16); ; {
		n, err := unix.Read(pipe[0], buffer)
		if err == unix.EINTR {
			continue
		}
		require.NoError(t, err)
		if n == 0 {
			break
		}
		output = append(output, buffer[:n]...)
	}
	unix.Close(pipe[0])
	for {
		if _, err := unix.Wait4(pid, nil, unix.WALL, nil); err != unix.EINTR {
			require.NoError(t, err)
			break
		}
	}
	return in, testprog.Values(string(output))
}

// Each resource reaches the kernel under its own number, and what isn't
// limited is inherited.
func TestLimitsOfAProcess(t *testing.T) {
	_, before := exec(t, Set{})
	var set Set
	for _, r := range Resources() {
		var now unix.Rlimit
		require.NoError(t, unix.Prlimit(0, int(r), nil, &now))
		set[r] = Range(min(now.Cur, 1<<40-1-uint64(r)), now.Max)
	}
	in, after := exec(t, set)
	require.NoError(t, in.Failure())
	for _, r := range Resources() {
		number := func(n uint64) string { return (&unit{suffixes: []suffix{{"", 1}}}).format(n) }
		assert.Equal(t, number(set[r].soft)+":"+number(set[r].hard), after["rlimit_"+r.String()], r)
	}

	in, after = exec(t, Set{Core: Exactly(0)})
	require.NoError(t, in.Failure())
	assert.Equal(t, "0:0", after["rlimit_core"])
	assert.Equal(t, before["rlimit_nofile"], after["rlimit_nofile"])
}

func TestRefusedByTheKernel(t *testing.T) {
	in, _ := exec(t, Set{Core: Exactly(0), Files: Range(2, 1)})
	assert.ErrorIs(t, in.Failure(), unix.EINVAL)
	assert.EqualError(t, in.Failure(), "rlimit[1] nofile: invalid argument")
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"cpu=1s:2s,as=256M,nofile=64,core=0,stack=unlimited", "rttime=1500us", "rss=18446744073709551614",
		"as=16777215T", "cpu=5124095576030431h", "cpu=1,cpu=1", "nice=2:1",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse(text)
		if err != nil {
			assert.True(t, strings.HasPrefix(err.Error(), "rlimit: "), err)
			return
		}
		again, err := Parse(s.String())
		require.NoError(t, err, s.String())
		assert.Equal(t, s, again)
		assert.Len(t, s.Calls(), strings.Count(s.String(), "="))
	})
}

func FuzzValues(f *testing.F) {
	f.Add(uint8(0), uint64(1), Unlimited)
	f.Add(uint8(9), uint64(1<<63), uint64(1<<63+1<<40))
	f.Add(uint8(15), uint64(999), uint64(1000))
	f.Fuzz(func(t *testing.T, number uint8, soft, hard uint64) {
		var s Set
		s[number%numResources] = Range(min(soft, hard), max(soft, hard))
		again, err := Parse(s.String())
		require.NoError(t, err)
		assert.Equal(t, s, again)
	})
}
