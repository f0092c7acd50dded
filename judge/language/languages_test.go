package language_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/judge/language"
	"github.com/bailiff-judge/bailiff/runner"
)

// programs are those of each language below testdata/languages, and the
// argument with which its sieve takes a good part of a second.
var programs = []struct {
	id, sum, sieve string
	limit, primes  string
}{
	{"ada", "sum.adb", "sieve.adb", "10000000", "664579"},
	{"awk", "sum.awk", "sieve.awk", "300000", "25997"},
	{"bash", "sum.sh", "sieve.sh", "20000", "2262"},
	{"c", "sum.c", "sieve.c", "10000000", "664579"},
	{"cpp", "sum.cpp", "sieve.cpp", "10000000", "664579"},
	{"csharp", "sum.cs", "sieve.cs", "10000000", "664579"},
	{"fortran", "sum.f90", "sieve.f90", "10000000", "664579"},
	{"go", "sum.go", "sieve.go", "10000000", "664579"},
	{"haskell", "sum.hs", "sieve.hs", "5000000", "348513"},
	{"java", "Main.java", "Sieve.java", "10000000", "664579"},
	{"javascript", "sum.js", "sieve.js", "10000000", "664579"},
	{"kotlin", "sum.kt", "sieve.kt", "10000000", "664579"},
	{"lisp", "sum.lisp", "sieve.lisp", "10000000", "664579"},
	{"lua", "sum.lua", "sieve.lua", "1000000", "78498"},
	{"ocaml", "sum.ml", "sieve.ml", "5000000", "348513"},
	{"pascal", "sum.pas", "sieve.pas", "10000000", "664579"},
	{"perl", "sum.pl", "sieve.pl", "1000000", "78498"},
	{"php", "sum.php", "sieve.php", "1000000", "78498"},
	{"prolog", "sum.pro", "sieve.pro", "200000", "17984"},
	{"python3", "sum.py", "sieve.py", "2000000", "148933"},
	{"r", "sum.r", "sieve.r", "3000000", "216816"},
	{"ruby", "sum.rb", "sieve.rb", "1000000", "78498"},
	{"rust", "sum.rs", "sieve.rs", "10000000", "664579"},
	{"scala", "sum.scala", "sieve.scala", "10000000", "664579"},
	{"swift", "sum.swift", "sieve.swift", "10000000", "664579"},
}

// patience is for machines that do much else: what is held to is CPU time.
const patience = 2 * time.Minute

// Every language whose toolchain is here says hello, adds, and holds what it
// needs for 64 MiB of numbers and a second of work.
func TestLanguages(t *testing.T) {
	for _, p := range programs {
		t.Run(p.id, func(t *testing.T) {
			b := newBench(t, language.CompilerOptions{Dir: shared(t), Limits: runner.Limits{CPU: patience, Wall: 2 * patience}})
			check := func(name, input, want string, limits runner.Limits) {
				t.Helper()
				program, compilation := b.compile(p.id, language.Options{}, file(t, name))
				require.NotNil(t, program, "%s\n%v\n%s", compilation.Reason, compilation.Command, compilation.Diagnostics)
				assert.Empty(t, compilation.Diagnostics, "nothing is wrong, and nothing to be said")
				result, out, messages := b.run(program, limits, input)
				assert.Equal(t, runner.OK, result.Status, "%+v %+v %+v\n%s", result, result.Violation, result.Limit, messages)
				assert.Equal(t, want+"\n", out)
				assert.Empty(t, messages)
				t.Logf("%-10s cpu %v, memory %d MiB, processes %d", name, result.CPU.Round(time.Millisecond), result.Memory>>20, result.ProcessesPeak)
			}
			check(p.sum, "", "hello", runner.Limits{Wall: patience})
			check(p.sum, "40 2\n", "42", runner.Limits{Wall: patience})
			check(p.sieve, p.limit+"\n", p.primes, runner.Limits{CPU: time.Second, Wall: patience, Memory: 64 << 20})
		})
	}
}

func TestEveryLanguageIsTested(t *testing.T) {
	set, err := language.Builtin()
	require.NoError(t, err)
	var want, have []string
	for _, l := range set.Languages() {
		want = append(want, l.ID)
	}
	for _, p := range programs {
		have = append(have, p.id)
	}
	assert.Equal(t, want, have)
}
