package judge

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/runner"
)

// A thousand questions and answers: by pipes between the two, and by way of the
// judge, who writes down what is said.
func BenchmarkInteraction(b *testing.B) {
	for name, record := range map[string]bool{"direct": false, "recorded": true} {
		b.Run(name, func(b *testing.B) {
			s := openSandbox(b)
			it := interactive{sandbox: s, solution: talker(b, "echo 1000"), interactor: talker(b, "ask 1000 exit 42"), record: record, answer: kattisExit}
			for _, spec := range []*runner.Spec{&it.solution, &it.interactor} {
				spec.CPUs = []int{0}
				spec.Limits = runner.Limits{CPU: 10 * time.Second}
			}
			for b.Loop() {
				got, err := it.run(b.Context())
				require.NoError(b, err)
				require.Equal(b, Accepted, got.verdict, got.reason)
			}
		})
	}
}
