package pack

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/judge"
	"github.com/bailiff-judge/bailiff/judge/checker"
)

// find is the group with that name.
func find(t *testing.T, g *judge.Group, name string) *judge.Group {
	t.Helper()
	for _, sub := range g.Groups {
		if sub.Name == name {
			return sub
		}
		if len(name) > len(sub.Name) && name[:len(sub.Name)+1] == sub.Name+"/" {
			return find(t, sub, name)
		}
	}
	require.Fail(t, "no group "+name)
	return nil
}

func load(t *testing.T, files map[string]string) *Package {
	t.Helper()
	p, err := Load(write(t, files))
	require.NoError(t, err)
	assert.Empty(t, p.Problem.Warnings)
	return p
}

func TestLegacyGroups(t *testing.T) {
	p := load(t, with(map[string]string{
		"problem.yaml":       "name: x\ntype: scoring\nvalidator_flags: float_tolerance 1e-6\ngrading:\n  objective: max\n",
		"data/testdata.yaml": "on_reject: continue\nrange: 0 100\ngrader_flags: ignore_sample\n",
		"data/sample/1.in":   "", "data/sample/1.ans": "",
		"data/secret/1.in": "-", "data/secret/1.ans": "-",
		"data/secret/a/testdata.yaml": "on_reject: break\naccept_score: 30\nreject_score: 1\nrange: 0 30\ngrader_flags: min\ninput_validator_flags: --small\noutput_validator_flags: case_sensitive\n",
		"data/secret/a/1.in":          "", "data/secret/a/1.ans": "",
		"data/secret/b/testdata.yaml": "accept_score: 70\nrange: -inf inf\ngrader_flags: max accept_if_any_accepted\n",
		"data/secret/b/10.in":         "", "data/secret/b/10.ans": "", "data/secret/b/9.in": "", "data/secret/b/9.ans": "",
		"input_validators/v.py":               "",
		"submissions/partially_accepted/a.py": "",
	}))
	root := &p.Problem.Root
	assert.True(t, p.Problem.Scored)
	assert.Equal(t, judge.Continue, root.OnReject)
	assert.Equal(t, 100.0, *root.Scoring.Most)
	assert.True(t, find(t, root, "sample").Scoring.Ignore)
	assert.False(t, find(t, root, "secret").Scoring.Ignore)
	a, b := find(t, root, "secret/a"), find(t, root, "secret/b")
	assert.Equal(t, judge.Break, a.OnReject)
	assert.Equal(t, judge.Min, a.Scoring.Aggregate)
	assert.Equal(t, 30.0, *a.Scoring.AcceptScore)
	assert.Equal(t, 1.0, a.Scoring.RejectScore)
	assert.Equal(t, 30.0, *a.Scoring.Most)
	assert.Equal(t, judge.Max, b.Scoring.Aggregate)
	assert.Equal(t, judge.AnyAccepted, b.Scoring.Verdict)
	assert.Equal(t, judge.Continue, b.OnReject, "inherited")
	assert.Nil(t, b.Scoring.Most)
	assert.Equal(t, []string{"secret/b/10", "secret/b/9"}, []string{b.Tests[0].Name, b.Tests[1].Name}, "lexicographically")
	assert.Equal(t, []string{"case_sensitive"}, a.Tests[0].CheckerArgs)
	assert.Equal(t, []string{"float_tolerance", "1e-6"}, b.Tests[0].CheckerArgs)
	assert.Equal(t, checker.Tokens{IgnoreCase: true, Tolerance: &checker.Tolerance{Absolute: 1e-6, Relative: 1e-6}}, p.Problem.Checker.Compare)
	assert.Equal(t, []string{"--small"}, p.Validators[0].Args["secret/a/1"])
	assert.Empty(t, p.Validators[0].Args["secret/b/9"])
	assert.True(t, p.Submissions[1].Expected.Partial)
}

func TestScores2023(t *testing.T) {
	p := load(t, with(scored(
		"secret/a/test_group.yaml", "scoring:\n  score: 30\n",
		"secret/b/test_group.yaml", "scoring:\n  aggregation: sum\n  require_pass: [sample, secret/a]\nargs: [x]\noutput_validator_args: [case_sensitive]\n",
		"secret/b/2.in", "", "secret/b/2.ans", "", "secret/b/2.yaml", "args: [y, 3]\nhint: no\n",
	)))
	root := &p.Problem.Root
	assert.Equal(t, V2023, p.Format)
	assert.Equal(t, judge.Continue, root.OnReject)
	assert.True(t, find(t, root, "sample").Scoring.Ignore)
	a, b := find(t, root, "secret/a"), find(t, root, "secret/b")
	assert.Equal(t, judge.PassFail, a.Scoring.Aggregate)
	assert.Equal(t, judge.Break, a.OnReject)
	assert.Equal(t, 30.0, *a.Scoring.AcceptScore)
	assert.Equal(t, 70.0, *b.Scoring.Most, "what is left of 100")
	assert.Equal(t, 35.0, *b.Tests[0].Points)
	assert.Equal(t, []string{"sample", "secret/a"}, b.Scoring.Requires)
	assert.Equal(t, []string{"x"}, b.Tests[0].Args)
	assert.Equal(t, []string{"y", "3"}, b.Tests[1].Args)
	assert.Equal(t, []string{"case_sensitive"}, b.Tests[1].CheckerArgs)
	assert.Nil(t, a.Tests[0].Points)
}

func TestScores2023Unbounded(t *testing.T) {
	p := load(t, with(scored(
		"secret/test_group.yaml", "scoring: {score: unbounded}\n",
		"secret/a/test_group.yaml", "scoring: {aggregation: min}\n",
		"secret/b/test_group.yaml", "scoring: {score: 5}\n",
	)))
	secret := find(t, &p.Problem.Root, "secret")
	assert.Nil(t, secret.Scoring.Most)
	assert.Nil(t, secret.Groups[0].Scoring.Most)
	assert.Equal(t, 5.0, *secret.Groups[1].Scoring.AcceptScore)
}

func TestRequiresWhatIsNotThere(t *testing.T) {
	p, err := Load(write(t, with(scored("secret/a/test_group.yaml", "scoring:\n  require_pass: secret/b\n"))))
	require.NoError(t, err)
	require.Len(t, p.Problem.Warnings, 1)
	assert.Contains(t, p.Problem.Warnings[0], "data/secret/a: it requires secret/b, which is no group that comes before it")
}

func TestLimits(t *testing.T) {
	p := load(t, with(map[string]string{
		".timelimit":             "-",
		"problem.yaml":           "name: x\nlimits:\n  memory: 100\n  output: 3\n  code: 2\n  time_multiplier: 3\n  time_safety_margin: 2\n  validation_time: 7\n  validation_memory: 50\n  validation_output: 1\nvalidation: custom\n",
		"output_validators/v.py": "",
	}))
	assert.Equal(t, int64(100*mib), p.Problem.Limits.Memory)
	assert.Equal(t, int64(3*mib), p.Problem.Limits.Output)
	assert.Equal(t, 3.0, p.Timing.Factor)
	assert.Zero(t, p.Problem.Limits.CPU)
	assert.Equal(t, "7s", p.Problem.Checker.Program.Limits.CPU.String())
	assert.Equal(t, int64(50*mib), p.Problem.Checker.Program.Limits.Memory)
	assert.Equal(t, checker.Kattis, p.Problem.Checker.Protocol)
}
