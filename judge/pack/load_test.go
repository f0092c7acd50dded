package pack

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// problems are the packages of testdata.
const problems = "../../testdata/problems"

// Every package of testdata is read without a warning.
func TestLoadProblems(t *testing.T) {
	dirs, err := os.ReadDir(problems)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(dirs), 7)
	for _, dir := range dirs {
		t.Run(dir.Name(), func(t *testing.T) {
			p, err := Load(filepath.Join(problems, dir.Name()))
			require.NoError(t, err)
			assert.Empty(t, p.Problem.Warnings)
			assert.NotEmpty(t, p.Problem.Title)
			assert.Nil(t, p.Timing)
			languages := map[string]bool{}
			for _, s := range p.Submissions {
				languages[filepath.Ext(s.Path)] = true
				assert.NotEmpty(t, s.Expected.Names(), s.Path)
			}
			assert.GreaterOrEqual(t, len(languages), 6, "languages")
		})
	}
}

// write makes a package of files by their names.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "package")
	for name, content := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
	}
	return dir
}

// with adds files to those of the smallest package.
func with(files map[string]string) map[string]string {
	all := map[string]string{"problem.yaml": "name: x\n", "data/secret/1.in": "", "data/secret/1.ans": "", ".timelimit": "1\n", "submissions/accepted/a.py": ""}
	for name, content := range files {
		all[name] = content
	}
	for name, content := range all {
		if content == "-" {
			delete(all, name)
		}
	}
	return all
}

func TestWarnings(t *testing.T) {
	for name, test := range map[string]struct {
		files map[string]string
		want  string // "" is none
	}{
		"the smallest":                 {nil, ""},
		"unknown key":                  {map[string]string{"problem.yaml": "name: x\nlimit: 3\n"}, "problem.yaml, line 2: unknown key limit"},
		"unknown limit":                {map[string]string{"problem.yaml": "limits:\n  memroy: 3\n"}, "problem.yaml: limits, line 2: unknown key memroy"},
		"wrong kind":                   {map[string]string{"problem.yaml": "limits:\n  memory: [3]\n"}, "memory must be a number"},
		"no map":                       {map[string]string{"problem.yaml": "limits: 3\n"}, "limits must be a map"},
		"unknown version":              {map[string]string{"problem.yaml": "problem_format_version: 2099-01\n"}, "problem_format_version 2099-01"},
		"no yaml":                      {map[string]string{"problem.yaml": "-"}, "there is no problem.yaml"},
		"two formats":                  {map[string]string{"problem.xml": "<problem/>"}, "of two formats"},
		"two time limits":              {map[string]string{"domjudge-problem.ini": "timelimit=2\n"}, "domjudge-problem.ini has a time limit of 2s, and .timelimit of 1s"},
		"unused validator":             {map[string]string{"output_validators/v.py": ""}, "output_validators/ is not used"},
		"the other format's validator": {map[string]string{"output_validator/v.py": "", "problem.yaml": "validation: custom\n"}, "rename it to output_validators/"},
		"two validators":               {map[string]string{"output_validators/v.py": "", "output_validators/w.py": "", "problem.yaml": "validation: custom\n"}, "only v.py is used"},
		"validation":                   {map[string]string{"problem.yaml": "validation: default score\n"}, "score is left out"},
		"unknown folder":               {map[string]string{"submissions/good/b.py": ""}, "submissions/good/: the name says no verdict: 1"},
		"unknown folder, tagged":       {map[string]string{"submissions/good/b.py": "# @EXPECTED_RESULTS@: CORRECT\n"}, ""},
		"tag against folder":           {map[string]string{"submissions/accepted/b.py": "# @EXPECTED_RESULTS@: TIMELIMIT\n"}, "submissions/accepted/b.py: its tag"},
		"unknown tag":                  {map[string]string{"submissions/accepted/b.py": "# @EXPECTED_RESULTS@: FINE\n"}, "unknown result FINE"},
		"a file among folders":         {map[string]string{"submissions/b.py": ""}, "submissions/b.py is not used"},
		"no submissions":               {map[string]string{"submissions/accepted/a.py": "-"}, "there are no submissions"},
		"large source":                 {map[string]string{"submissions/accepted/b.py": strings.Repeat("#", 200000)}, "more than the limit of 131072"},
		"answer without input":         {map[string]string{"data/secret/2.ans": ""}, "there is no 2.in"},
		"strange file":                 {map[string]string{"data/secret/2.inn": ""}, "data/secret/2.inn is not used"},
		"group as a test":              {map[string]string{"data/secret/1/a.in": "", "data/secret/1/a.ans": ""}, "there is a group data/secret/1"},
		"group's file of other format": {map[string]string{"data/test_group.yaml": ""}, "it must be called testdata.yaml"},
		"grader flags":                 {map[string]string{"data/testdata.yaml": "grader_flags: mni\n"}, "unknown grader flag mni"},
		"score without scoring":        {map[string]string{"data/testdata.yaml": "accept_score: 3\n"}, "accept_score is for scoring problems"},
		"on_reject":                    {map[string]string{"data/testdata.yaml": "on_reject: go on\n"}, "on_reject must be one of break, continue"},
		"checktestdata":                {map[string]string{"input_validators/v.ctd": ""}, "checktestdata"},
		"built validator":              {map[string]string{"input_validators/v/run": "#!/bin/sh\n"}, "scripts that choose how to run"},
		"ini":                          {map[string]string{"domjudge-problem.ini": "timelimit=1\nwhat\n"}, "domjudge-problem.ini, line 2"},
		"ini's key":                    {map[string]string{"domjudge-problem.ini": "timelimit=1\nwhat=1\n"}, "unknown key what"},
		"rules for nobody":             {map[string]string{"submissions/submissions.yaml": "a.py:\n  permitted: [AC]\n"}, "no submission is called a.py"},
		"rules of unknown verdicts":    {map[string]string{"submissions/submissions.yaml": "accepted/a.py:\n  permitted: [OK]\n"}, "unknown verdict OK"},
		"hidden files":                 {map[string]string{".git/config": "", "data/secret/.DS_Store": ""}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := Load(write(t, with(test.files)))
			require.NoError(t, err)
			if test.want == "" {
				assert.Empty(t, p.Problem.Warnings)
				return
			}
			require.NotEmpty(t, p.Problem.Warnings)
			assert.Contains(t, strings.Join(p.Problem.Warnings, "\n"), test.want)
		})
	}
}

func TestErrors(t *testing.T) {
	for name, test := range map[string]struct {
		files map[string]string
		want  string
	}{
		"nothing":            {map[string]string{"problem.yaml": "-", "data/secret/1.in": "-", "data/secret/1.ans": "-"}, "no problem package"},
		"no tests":           {map[string]string{"data/secret/1.in": "-"}, "there are no tests"},
		"no data":            {map[string]string{"data/secret/1.in": "-", "data/secret/1.ans": "-"}, "data/"},
		"no answer":          {map[string]string{"data/secret/1.ans": "-"}, "data/secret/1.ans"},
		"bad yaml":           {map[string]string{"problem.yaml": "a: [\n"}, "problem.yaml"},
		"a list":             {map[string]string{"problem.yaml": "[a]\n"}, "problem.yaml: there must be keys"},
		"bad group":          {map[string]string{"data/secret/testdata.yaml": "a: &a [*a]\n"}, "data/secret/testdata.yaml: line 1"},
		"time limit":         {map[string]string{".timelimit": "fast\n"}, ".timelimit"},
		"ini's time limit":   {map[string]string{"domjudge-problem.ini": "timelimit = 0\n"}, "domjudge-problem.ini"},
		"no validator":       {map[string]string{"problem.yaml": "validation: custom\n"}, "output_validators/: there is no output validator"},
		"a built validator":  {map[string]string{"problem.yaml": "validation: custom\n", "output_validators/v/build": "", "output_validators/v/v.c": ""}, "output_validators/v/build"},
		"validator flags":    {map[string]string{"problem.yaml": "validator_flags: case_insensitive\n"}, "validator_flags"},
		"group's flags":      {map[string]string{"data/testdata.yaml": "output_validator_flags: float_tolerance x\n"}, "data/secret/1"},
		"unknown type":       {map[string]string{"problem.yaml": "problem_format_version: 2023-07\ntype: multi-pass\n"}, "multi-pass"},
		"large settings":     {map[string]string{"problem.yaml": strings.Repeat("# \n", 100000)}, "problem.yaml: is larger"},
		"large program":      {map[string]string{"submissions/accepted/b.py": strings.Repeat("#", maxProgramSize+1)}, "submissions/accepted/b.py: is larger"},
		"empty program":      {map[string]string{"submissions/accepted/b/.keep": ""}, "submissions/accepted/b: no files"},
		"scores too large":   {scored("secret/test_group.yaml", "scoring: {score: 10}\n", "secret/a/test_group.yaml", "scoring: {score: 11}\n"), "its groups are worth 11 together"},
		"unbounded in bound": {scored("secret/a/test_group.yaml", "scoring: {score: unbounded, aggregation: sum}\n"), "its score is unbounded"},
		"unbounded pass":     {scored("secret/test_group.yaml", "scoring: {score: unbounded}\n", "secret/a/test_group.yaml", "scoring: {score: unbounded}\n"), "which a group of pass-fail can't be"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(write(t, with(test.files)))
			assert.ErrorContains(t, err, test.want)
		})
	}
}

// scored is a package of 2023-07 with points.
func scored(groups ...string) map[string]string {
	files := map[string]string{
		"problem.yaml":     "problem_format_version: 2023-07\ntype: scoring\nname: x\nlimits: {time_limit: 1}\n",
		"data/secret/1.in": "-", "data/secret/1.ans": "-", ".timelimit": "-",
		"data/sample/1.in": "", "data/sample/1.ans": "",
		"data/secret/a/1.in": "", "data/secret/a/1.ans": "", "data/secret/a/2.in": "", "data/secret/a/2.ans": "",
		"data/secret/b/1.in": "", "data/secret/b/1.ans": "",
	}
	for i := 0; i < len(groups); i += 2 {
		files["data/"+groups[i]] = groups[i+1]
	}
	return files
}
