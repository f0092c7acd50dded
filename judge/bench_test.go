package judge_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/judge"
	"github.com/bailiff-judge/bailiff/judge/checker"
)

// sumCPP is what contestants write.
const sumCPP = "#include <iostream>\nint main() { long a, b; std::cin >> a >> b; std::cout << a + b << \"\\n\"; }\n"

func manyTests(t testing.TB, n int) judge.Group {
	var pairs [][2]string
	for i := range n {
		pairs = append(pairs, [2]string{fmt.Sprintf("%d %d\n", i, i), fmt.Sprintf("%d\n", 2*i)})
	}
	return tests(t, pairs...)
}

// BenchmarkTests judges a C++ submission that was compiled before on 100 tiny
// tests. What is reported is one test's: elapsed time, and what of it is not the
// programs' own from exec to end (own-µs), with one job the whole of it.
func BenchmarkTests(b *testing.B) {
	const n = 100
	check := judge.Checker{Program: &judge.Program{Name: "check.c", Sources: []judge.Source{{Name: "check.c", Content: []byte("int main(void) { return 42; }")}}}}
	for _, bench := range []struct {
		name    string
		jobs    int
		checker judge.Checker
	}{
		{"jobs=1", 1, judge.Checker{}},
		{"jobs=2", 2, judge.Checker{}},
		{"jobs=1/checker=floats", 1, judge.Checker{Compare: checker.Tokens{Tolerance: &checker.Tolerance{Absolute: 1e-6}}}},
		{"jobs=1/checker=program", 1, check},
	} {
		b.Run(bench.name, func(b *testing.B) {
			j := newJudge(b, bench.jobs)
			p := &judge.Problem{Root: manyTests(b, n), Checker: bench.checker}
			s := source("a.cpp", sumCPP)
			judgeOnce := func() (programs time.Duration) {
				r, err := j.Judge(b.Context(), s, p, judge.How{})
				require.NoError(b, err)
				require.Equal(b, judge.Accepted, r.Verdict, r.Error)
				for _, t := range r.Tests {
					programs += t.Result.Wall
					if t.Checker.Run != nil {
						programs += t.Checker.Run.Wall
					}
				}
				return programs
			}
			judgeOnce() // compiles
			var programs time.Duration
			for b.Loop() {
				programs += judgeOnce()
			}
			each := float64(b.N * n)
			b.ReportMetric(float64(b.Elapsed().Microseconds())/each, "µs/test")
			if bench.jobs == 1 {
				b.ReportMetric(float64((b.Elapsed()-programs).Microseconds())/each, "own-µs/test")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkTwoJobs judges a submission whose tests take 20 ms each with one job
// and with two, and reports how many times as fast two are.
func BenchmarkTwoJobs(b *testing.B) {
	text := "#include <ctime>\n#include <cstdio>\nint main() { timespec t; do clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); while (t.tv_nsec < 20000000); std::puts(\"1\"); }\n"
	var took [2]time.Duration
	p := &judge.Problem{}
	for range 40 {
		p.Root.Tests = append(p.Root.Tests, tests(b, [2]string{"", "1"}).Tests[0])
	}
	leakcheck.Check(b)
	one, two := openJudge(b, 1), openJudge(b, 2)
	for b.Loop() {
		for i, j := range []*judge.Judge{one, two} {
			begin := time.Now()
			r, err := j.Judge(b.Context(), source("a.cpp", text), p, judge.How{})
			require.NoError(b, err)
			require.Equal(b, judge.Accepted, r.Verdict, r.Error)
			took[i] += time.Since(begin)
		}
	}
	b.ReportMetric(float64(took[0])/float64(took[1]), "times")
	b.ReportMetric(0, "ns/op")
}
