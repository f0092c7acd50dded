package judge_test

import (
	"flag"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/judge"
	"github.com/bailiff-judge/bailiff/runner"
)

var submissions = flag.Int("submissions", 80, "how many TestLoad judges")

// TestLoad judges submissions eight at a time, a tenth of them hostile. Each
// verdict must be right, whatever its neighbours do, and nothing may be left; with
// more of them (-submissions) a drift of the time that one takes shows in the log.
func TestLoad(t *testing.T) {
	n := *submissions
	if testing.Short() {
		n = min(n, 24)
	}
	type kind struct {
		file, text string
		verdict    judge.Verdict
	}
	honest := []kind{
		{"a.c", solve(add), judge.Accepted},
		{"a.cpp", "#include <iostream>\nint main() { long a, b; std::cin >> a >> b; std::cout << a + b << '\\n'; }\n", judge.Accepted},
		{"a.py", "a, b = map(int, input().split())\nprint(a + b)\n", judge.Accepted},
		{"b.c", solve(`printf("%ld\n", a == 5 ? 0 : a + b);`), judge.WrongAnswer},
		{"c.c", solve(add + `return 7;`), judge.RunTimeError},
		{"d.c", "int main(void) { return x; }\n", judge.CompileError},
	}
	hostile := []kind{
		{"loop.c", solve(`for (;;) {}`), judge.TimeLimitExceeded},
		{"bomb.c", solve(`for (;;) fork();`), judge.RunTimeError},
		{"bomb.py", "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass\n", judge.TimeLimitExceeded},
		{"memory.c", solve(`for (;;) { char *p = malloc(1 << 20); if (p) memset(p, 1, 1 << 20); }`), judge.MemoryLimitExceeded},
		{"flood.c", solve(`for (;;) puts("flood");`), judge.OutputLimitExceeded},
		{"forbidden.c", solve(`ptrace(PTRACE_TRACEME, 0, 0, 0);` + add), judge.RunTimeError},
		{"daemon.py", "import os, time\na, b = map(int, input().split())\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(1000)\nprint(a + b)\n", judge.RunTimeError},
		{"killer.c", solve(`kill(-1, SIGKILL); ` + add), judge.Accepted},
		{"hang.c", solve(`for (int i = 1; i < 65; i++) signal(i, SIG_IGN); for (;;) pause();`), judge.TimeLimitExceeded},
	}
	j := newJudge(t, 8)
	p := &judge.Problem{
		Limits: runner.Limits{CPU: 300 * time.Millisecond, Wall: 20 * time.Second, Memory: 64 << 20, Output: 1 << 20, Processes: 8},
		Root:   tests(t, [2]string{"1 2\n", "3\n"}, [2]string{"5 5\n", "10\n"}),
	}
	took := make([]time.Duration, n)
	var next sync.Mutex
	i := 0
	random := rand.New(rand.NewPCG(1, 2))
	draw := func() (number int, k kind, more bool) {
		next.Lock()
		defer next.Unlock()
		if i == n {
			return 0, kind{}, false
		}
		i++
		if i%10 == 0 {
			return i - 1, hostile[random.IntN(len(hostile))], true
		}
		return i - 1, honest[random.IntN(len(honest))], true
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for {
				number, k, more := draw()
				if !more {
					return
				}
				problem := *p
				if k.file == "hang.c" {
					problem.Limits.Wall = 500 * time.Millisecond
				}
				begin := time.Now()
				r, err := j.Judge(t.Context(), source(k.file, k.text), &problem, judge.How{})
				took[number] = time.Since(begin)
				if assert.NoError(t, err) {
					assert.Equal(t, k.verdict, r.Verdict, "%s: %+v", k.file, r.Tests)
				}
			}
		})
	}
	all.Wait()
	require.Equal(t, n, i)
	part := max(1, n/10)
	median := func(d []time.Duration) time.Duration { return slices.Sorted(slices.Values(d))[len(d)/2] }
	t.Logf("%d submissions; median of the first tenth %v, of the last %v", n, median(took[:part]), median(took[n-part:]))
}
