package policy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/seccomp"
)

func parsed(t testing.TB, text string) *Policy {
	t.Helper()
	p, err := Parse("test", []byte(text))
	require.NoError(t, err)
	return p
}

func named(t testing.TB, name string) *Policy {
	t.Helper()
	p, err := Named(name)
	require.NoError(t, err)
	return p
}

// answer is what a policy says about a call, in words.
func answer(t testing.TB, p *Policy, words ...string) string {
	t.Helper()
	a, err := p.Explain(words...)
	require.NoError(t, err)
	return actionText(a.Action)
}

func TestNamedPoliciesAreWhatTheIssueNames(t *testing.T) {
	assert.Equal(t, []string{"compiler", "default", "interpreter", "jvm", "permissive", "strict", "threads"}, Names())
	for _, name := range Names() {
		p, err := Load(name)
		require.NoError(t, err)
		assert.Equal(t, name, p.Name())
		assert.NotEmpty(t, p.About())
		assert.False(t, p.HasFiles())
	}
	_, err := Load("intrepreter")
	var unknown *UnknownPolicyError
	require.ErrorAs(t, err, &unknown)
	assert.Equal(t, "interpreter", unknown.Nearest)
	assert.ErrorContains(t, err, `did you mean "interpreter"?`)
	_, err = Load("groups")
	assert.ErrorAs(t, err, &unknown)
}

func TestGroupsHoldKnownCallsOnce(t *testing.T) {
	where := map[string]string{}
	for _, g := range Groups() {
		assert.NotEmpty(t, g.About, g.Name)
		for _, name := range g.Calls {
			assert.NoError(t, seccomp.CheckName(name))
			assert.Empty(t, where[name], "%s is in %s too", name, g.Name)
			where[name] = g.Name
		}
	}
	// What current libraries call before main, and abort().
	for _, name := range []string{"set_tid_address", "set_robust_list", "rseq", "prlimit64", "getrandom", "kill", "tgkill"} {
		assert.Equal(t, "allow", answer(t, named(t, "strict"), name), name)
	}
}

func TestOrderOfRules(t *testing.T) {
	p := parsed(t, `
extends: strict
default: ENOSYS
rules:
  - do: EPERM
    calls: [read]
    when: [{arg: 0, is: 5}]
  - {do: log, calls: [$network, socketcall]}
`)
	assert.Equal(t, "EPERM", answer(t, p, "read", "5"), "own rules come first")
	assert.Equal(t, "allow", answer(t, p, "read", "6"), "then those of the base")
	assert.Equal(t, "log", answer(t, p, "connect"))
	assert.Equal(t, "kill", answer(t, p, "ptrace"))
	assert.Equal(t, "ENOSYS", answer(t, p, "fork"), "its own default")
	assert.Equal(t, "kill", answer(t, named(t, "strict"), "fork"))
	assert.Equal(t, "kill", answer(t, parsed(t, "extends: strict"), "fork"), "the base's default")
	a, err := p.Explain("connect")
	require.NoError(t, err)
	assert.Equal(t, "log by test rule 2, group $network", a.String())
}

func TestFloorHoldsUnderEveryPolicy(t *testing.T) {
	policies := map[string]*Policy{"lifted": parsed(t, `
default: log
rules:
  - {do: allow, calls: [clone3, keyctl, ioctl, clone, setns, seccomp, ptrace]}
  - {do: ask, calls: [unshare, socket]}
`)}
	for _, name := range Names() {
		policies[name] = named(t, name)
	}
	for name, p := range policies {
		for _, call := range [][]string{
			{"clone3", "1", "88"}, {"keyctl"}, {"add_key"}, {"request_key"}, {"setns", "3", "0"},
			{"ioctl", "0", "TIOCSTI"}, {"ioctl", "0", "0x100005412"}, {"ioctl", "0", "TIOCLINUX"},
			{"clone", "CLONE_NEWUSER|0x11"}, {"clone", "0xf00000011|CLONE_NEWUSER"}, {"clone", "CLONE_UNTRACED"},
			{"unshare", "CLONE_NEWUSER|CLONE_NEWNS"},
			{"seccomp", "SECCOMP_SET_MODE_FILTER", "SECCOMP_FILTER_FLAG_NEW_LISTENER|1"}, {"socket", "AF_VSOCK"}, {"ptrace", "PTRACE_TRACEME"},
		} {
			a, err := p.Explain(call...)
			require.NoError(t, err)
			assert.False(t, lets(a.Action), "%s: %v: %s", name, call, a)
		}
		f, err := p.Filter(FilterOptions{Kill: seccomp.Notify, Ask: seccomp.Trace(1)})
		require.NoError(t, err)
		for _, d := range []seccomp.Data{
			{Arch: unix.AUDIT_ARCH_I386}, {Arch: seccomp.NativeArch, Number: 0x40000000}, {Arch: seccomp.NativeArch, Number: -1},
		} {
			assert.Equal(t, seccomp.Notify, f.Evaluate(&d), name)
			assert.Equal(t, actionKill, p.Call(&d).Action, name)
		}
	}
	assert.Equal(t, "kill", answer(t, policies["strict"], "clone", "CLONE_NEWUSER"), "a policy may be harsher")
	assert.Equal(t, "log", answer(t, policies["lifted"], "unlink", "/"))
	assert.Equal(t, "allow", answer(t, policies["lifted"], "ioctl", "0", "TCGETS"))
	assert.Equal(t, "allow", answer(t, policies["lifted"], "ptrace", "PTRACE_SEIZE"))
	assert.NotEmpty(t, Floor())
}

// The filter and the explanation are two readings of the same rules.
func TestFilterDoesWhatCallSays(t *testing.T) {
	values := []uint64{0, 1, 2, 3, 16, unix.TCGETS, unix.TIOCSTI, unix.PR_SET_NAME, unix.PR_SET_MM, 0xffffffff, 1<<32 | 5,
		unix.CLONE_NEWUSER, unix.CLONE_NEWNS, unix.CLONE_VM | unix.CLONE_SIGHAND | unix.CLONE_THREAD, unix.CLONE_UNTRACED, 0x11}
	for _, name := range Names() {
		p := named(t, name)
		f, err := p.Filter(FilterOptions{})
		require.NoError(t, err)
		for nr := int32(0); nr < 500; nr++ {
			arguments := values
			if !strings.Contains(p.Describe(seccomp.SyscallName(seccomp.NativeArch, nr)), " if ") {
				arguments = values[:1]
			}
			for _, v := range arguments {
				for _, w := range arguments {
					d := &seccomp.Data{Number: nr, Arch: seccomp.NativeArch, Args: [6]uint64{v, w}}
					if said, done := p.Call(d).Action, f.Evaluate(d); said != done {
						t.Fatalf("%s: %s(%#x, %#x): said %s, done %s", name, seccomp.SyscallName(d.Arch, nr), v, w, said, done)
					}
				}
			}
		}
	}
}

func TestWhatNeedsASupervisor(t *testing.T) {
	for reason, text := range map[string]string{
		"asks about read":       "rules: [{do: ask, calls: [read]}]",
		"asks about all else":   "default: ask",
		"has rules about files": "extends: strict\nfiles: {allow: [{access: [read], paths: [/**]}]}",
	} {
		p := parsed(t, text)
		_, err := p.Filter(FilterOptions{})
		var needs *SupervisorError
		require.ErrorAs(t, err, &needs)
		assert.Equal(t, reason, needs.Reason)
		f, err := p.Filter(FilterOptions{Ask: seccomp.Trace(3)})
		require.NoError(t, err)
		assert.Contains(t, f.String(), "trace 3")
	}
	p := parsed(t, "extends: strict\nfiles: {allow: [{access: [read], paths: [/**]}]}")
	for call, want := range map[string]string{"openat": "ask", "read": "allow", "unlink": "kill"} {
		nr, ok := seccomp.Number(call)
		if ok {
			assert.Equal(t, want, actionText(p.Call(&seccomp.Data{Number: nr, Arch: seccomp.NativeArch}).Action), call)
		}
	}
}

// Whatever lets a call with a path pass, the supervisor sees it.
func TestPathsAreAskedAboutUnderEveryPolicy(t *testing.T) {
	const files = "files: {allow: [{access: [read], paths: [/**]}]}\n"
	for _, text := range []string{"extends: permissive\n", "extends: default\n", "default: log\n", "default: kill\nrules: [{do: log, calls: [openat]}]\n"} {
		p := parsed(t, text+files)
		f, err := p.Filter(FilterOptions{Ask: seccomp.Trace(7)})
		require.NoError(t, err)
		for name := range pathCalls {
			require.NoError(t, seccomp.CheckName(name))
			if nr, native := seccomp.Number(name); native {
				a := f.Evaluate(&seccomp.Data{Number: nr, Arch: seccomp.NativeArch})
				assert.False(t, a.Permits(), "%s: %s under %s", name, a, text)
			}
		}
		openat, _ := seccomp.Number("openat")
		assert.Equal(t, seccomp.Trace(7), f.Evaluate(&seccomp.Data{Number: openat, Arch: seccomp.NativeArch}), text)
	}
}

func TestErrorsGiveLineAndNearestName(t *testing.T) {
	for want, text := range map[string]string{
		`policy: test:4: no system call is called "opnat"; did you mean "openat"?`:                         "about: x\nrules:\n  - do: allow\n    calls: [read, opnat]",
		`policy: test:2: there is no group $memroy; did you mean "memory"?`:                                "rules:\n  - {do: allow, calls: [$memroy]}",
		`policy: test:1: there is no key "extend" here; did you mean "extends"?`:                           "extend: strict",
		`policy: test:3: there is no key "call" here; did you mean "calls"?`:                               "rules:\n  - do: allow\n    call: [read]",
		`policy: test:2: rule 1: "alow" is no action; did you mean "allow"?`:                               "rules:\n  - {do: alow, calls: [read]}",
		`policy: test:2: rule 1: "EPRM" is no action; did you mean "EPERM"?`:                               "rules:\n  - {do: EPRM, calls: [read]}",
		`policy: test:4: "CLONE_NEWUSR" is neither a number nor a constant; did you mean "CLONE_NEWUSER"?`: "rules:\n  - do: allow\n    calls: [clone]\n    when: [{arg: 0, any_bit: CLONE_NEWUSR}]",
		`policy: test: extends: policy: there is no policy "strcit"; did you mean "strict"?`:               "extends: strcit",
		`policy: test: default: "nope" is no action`:                                                       "default: nope",
		`policy: test: it is empty`:                                                             "",
		`policy: test:2: rule 1: do is missing`:                                                 "rules:\n  - {calls: [read]}",
		`policy: test:2: rule 1: calls are missing`:                                             "rules:\n  - {do: allow}",
		`rule 1: getuid: the type of argument 3 is not known`:                                   "rules:\n  - {do: allow, calls: [getuid], when: [{arg: 3, is: 1}]}",
		`rule 1: execve: argument 0 is a pointer`:                                               "rules:\n  - {do: allow, calls: [execve], when: [{arg: 0, is: 1}]}",
		`"sint" is no type of an argument; did you mean "int"?`:                                 "rules:\n  - {do: allow, calls: [getuid], when: [{arg: 3, is: 1, type: sint}]}",
		`a condition has one test`:                                                              "rules:\n  - {do: allow, calls: [read], when: [{arg: 0, is: 1, not: 3}]}",
		`policy: test:3: test files allow 1: "raed" is no kind of access; did you mean "read"?`: "files:\n  allow:\n    - {access: [raed], paths: [/x]}",
		`"usr/**": a path is absolute`:                                                          "files: {deny: [{access: [read], paths: [usr/**]}]}",
		`"/usr/../etc": a path is absolute, without`:                                            "files: {deny: [{access: [read], paths: [/usr/../etc]}]}",
		`"/a/**/b": ** may only stand at the end`:                                               "files: {deny: [{access: [read], paths: [/a/**/b]}]}",
		`"/a*/": a glob can't end`:                                                              "files: {deny: [{access: [read], paths: [/a*/]}]}",
		`"/a[": syntax error in pattern`:                                                        "files: {deny: [{access: [read], paths: ['/a[']}]}",
		`files: denied: an errno or kill, not allow`:                                            "files: {denied: allow}",
	} {
		_, err := Parse("test", []byte(text))
		assert.ErrorContains(t, err, want)
	}
}

func TestConditionsAsText(t *testing.T) {
	p := parsed(t, `
rules:
  - do: allow
    calls: [fcntl]
    when:
      - any:
          - {arg: 1, in: [1, 0x3, "2"]}
          - all: [{arg: 1, from: 1030, to: 1040}, {arg: 2, not: 0}]
          - {arg: 0, mask: 0xf0, is: 0x20, type: uint}
  - {do: allow, calls: [setpriority], when: [{arg: 2, from: -5, to: 5}]}
`)
	for want, calls := range map[string][]string{
		"allow": {"fcntl 0 1", "fcntl 0 2", "fcntl 0 1030 1", "fcntl 0x22 9", "setpriority 0 0 -5", "setpriority 0 0 0xffffffff"},
		"kill":  {"fcntl 0 4", "fcntl 0 1030 0", "fcntl 0x32 9", "setpriority 0 0 -6", "setpriority 0 0 6"},
	} {
		for _, call := range calls {
			mismatches, err := p.Test([]Expectation{{Call: call, Expect: want}})
			assert.NoError(t, err)
			assert.Empty(t, mismatches, call)
		}
	}
}

func TestFilesExtendFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		return path
	}
	write("base.yaml", "extends: threads\nrules: [{do: EDOM, calls: [uname]}]")
	p, err := Load(write("sub/top.yaml", "extends: ../base.yaml"))
	require.NoError(t, err)
	assert.Equal(t, "EDOM", answer(t, p, "uname"))
	assert.Equal(t, "allow", answer(t, p, "futex"))

	write("a.yaml", "extends: b.yaml")
	_, err = Load(write("b.yaml", "extends: a.yaml"))
	assert.ErrorContains(t, err, "extends itself")
	_, err = Load(dir + "/missing.yaml")
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestPolicyInGo(t *testing.T) {
	zero, unix := 0, Value(1)
	p, err := New("ours", Definition{Extends: "strict", Rules: []Rule{
		{Do: "allow", Calls: []Call{"socket"}, When: []Condition{{Arg: &zero, Is: &unix}}, Why: "to talk"}}})
	require.NoError(t, err)
	a, err := p.Explain("socket", "AF_UNIX")
	require.NoError(t, err)
	assert.Equal(t, "allow by ours rule 1 (to talk)", a.String())
	_, err = New("ours", Definition{Rules: []Rule{{Do: "allow", Calls: []Call{"raed"}}}})
	assert.EqualError(t, err, `policy: ours: rule 1: no system call is called "raed"; did you mean "read"?`)
}

func FuzzParse(f *testing.F) {
	for _, name := range append(Names(), "floor", "groups") {
		text, err := shipped.ReadFile("named/" + name + ".yaml")
		require.NoError(f, err)
		f.Add(text)
	}
	f.Add([]byte("files: {denied: kill, deny: [{access: [read], paths: ['/a*', /b/**, /c/]}]}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := Parse("fuzz", text)
		if err != nil {
			return
		}
		_, err = p.Filter(FilterOptions{Ask: seccomp.Notify})
		assert.NoError(t, err)
		p.Decide(Read, "/b/c")
	})
}

func BenchmarkFilter(b *testing.B) {
	for _, name := range Names() {
		b.Run(name, func(b *testing.B) {
			p := named(b, name)
			for b.Loop() {
				if _, err := p.Filter(FilterOptions{Kill: seccomp.Notify}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
