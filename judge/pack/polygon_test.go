package pack

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/judge"
	"github.com/bailiff-judge/bailiff/judge/checker"
)

// polygonFiles is the smallest package of Polygon's, with something replaced.
func polygonFiles(replace ...string) map[string]string {
	text := `<?xml version="1.0" encoding="utf-8"?>
<problem short-name="p">
<names><name language="russian" value="R"/><name language="english" value="E"/></names>
<judging input-file="" output-file=""><testset name="tests">
<time-limit>1500</time-limit><memory-limit>268435456</memory-limit><test-count>2</test-count>
<input-path-pattern>tests/%02d</input-path-pattern><answer-path-pattern>tests/%02d.a</answer-path-pattern>
<tests><test method="manual"/><test method="generated" cmd="gen 1"/></tests>
</testset></judging>
<assets><checker name="std::rcmp6.cpp" type="testlib"><source path="files/check.cpp" type="cpp.g++17"/></checker>
<solutions><solution tag="main"><source path="solutions\a.cpp" type="cpp.g++20"/></solution></solutions></assets>
</problem>`
	for i := 0; i < len(replace); i += 2 {
		text = strings.Replace(text, replace[i], replace[i+1], 1)
	}
	return map[string]string{
		"problem.xml": text, "tests/01": "", "tests/01.a": "", "tests/02": "", "tests/02.a": "",
		"files/check.cpp": "", "files/testlib.h": "// not looked at", "files/i.cpp": "", "solutions/a.cpp": "", "solutions/b.py": "",
	}
}

func TestPolygon(t *testing.T) {
	p := load(t, polygonFiles())
	assert.Equal(t, Polygon, p.Format)
	assert.Equal(t, "p", p.Problem.Name)
	assert.Equal(t, "E", p.Problem.Title)
	assert.Equal(t, "1.5s", p.Problem.Limits.CPU.String())
	assert.Equal(t, int64(256*mib), p.Problem.Limits.Memory)
	assert.False(t, p.Problem.Scored)
	assert.Len(t, p.Problem.Root.Tests, 2)
	assert.Equal(t, checker.Tokens{Tolerance: &checker.Tolerance{Absolute: 1e-6, Relative: 1e-6}}, p.Problem.Checker.Compare)
	assert.Equal(t, "solutions/a.cpp", p.Submissions[0].Path)
	assert.Equal(t, "cpp20", p.Submissions[0].Language)

	p = load(t, polygonFiles("<assets>", `<files><resources><file path="files/testlib.h" type="h.g++"/></resources></files><assets><interactor><source path="files/i.cpp"/></interactor>`))
	require.NotNil(t, p.Problem.Checker.Program)
	assert.Equal(t, checker.Testlib, p.Problem.Checker.Protocol)
	assert.Equal(t, []string{"check.cpp", "testlib.h"}, []string{p.Problem.Checker.Program.Sources[0].Name, p.Problem.Checker.Program.Sources[1].Name})
	assert.Equal(t, checker.Testlib, p.Problem.Interactor.Protocol)
}

func TestPolygonPoints(t *testing.T) {
	p, err := Load(filepath.Join(problems, "reversed"))
	require.NoError(t, err)
	root := &p.Problem.Root
	assert.True(t, p.Problem.Scored)
	assert.Equal(t, judge.Continue, root.OnReject)
	each, whole := find(t, root, "1"), find(t, root, "2")
	assert.Equal(t, 20.0, *each.Tests[0].Points)
	assert.Equal(t, judge.PassFail, whole.Scoring.Aggregate)
	assert.Equal(t, 60.0, *whole.Scoring.AcceptScore)
	assert.Equal(t, []string{"0"}, whole.Scoring.Requires)

	p = load(t, polygonFiles(`<test method="manual"/>`, `<test method="manual" points="5.5"/>`))
	assert.True(t, p.Problem.Scored)
	assert.Equal(t, 5.5, *p.Problem.Root.Tests[0].Points)
	assert.Equal(t, 0.0, *p.Problem.Root.Tests[1].Points)
}

func TestPolygonErrors(t *testing.T) {
	for _, test := range [][3]string{
		{"<problem", "<problemm", "problem.xml"},
		{"utf-8", "windows-1251", "windows-1251"},
		{`input-file=""`, `input-file="in.txt"`, "input-file"},
		{"<time-limit>1500", "<time-limit>soon", `time-limit "soon"`},
		{"<memory-limit>268435456", "<memory-limit>0", "memory-limit"},
		{"tests/%02d<", "tests/%s<", "input-path-pattern"},
		{"tests/%02d<", "../%02d<", "leaves the package"},
		{"tests/%02d<", "/etc/%02d<", "leaves the package"},
		{"tests/%02d<", "other/%02d<", "other/01"},
		{"files/check.cpp", "../check.cpp", ""},
		{`solutions\a.cpp`, "solutions/none.cpp", "solutions/none.cpp"},
		{"<problem ", "<!DOCTYPE x [<!ENTITY a 'b'>]><problem ", "entities"},
		{`<testset name="tests">`, `<!--`, ""},
	} {
		_, err := Load(write(t, polygonFiles(test[0], test[1])))
		if test[2] == "" {
			continue // may be an error or not
		}
		assert.ErrorContains(t, err, test[2], "%s", test[1])
	}
}

func TestPolygonWarnings(t *testing.T) {
	for _, test := range [][3]string{
		{"<test-count>2", "<test-count>3", "test-count is 3"},
		{`tag="main"`, `tag="best"`, "unknown tag best"},
		{"<checker ", "<checkers ", ""},
		{`<test method="manual"/>`, `<test method="manual" points="1" group="x"/>`, ""},
	} {
		p, err := Load(write(t, polygonFiles(test[0], test[1])))
		if test[2] != "" && assert.NoError(t, err) {
			assert.Contains(t, strings.Join(p.Problem.Warnings, "\n"), test[2])
		}
	}
}

func TestNumbered(t *testing.T) {
	for _, test := range []struct {
		pattern, want string
		n             int
	}{
		{"tests/%02d", "tests/01", 1}, {"tests/%02d.a", "tests/100.a", 100}, {"%d", "7", 7}, {`a\%03d`, "a/007", 7},
		{"tests/%02d/%d", "", 1}, {"tests", "", 1}, {"../%d", "", 1}, {"%0999999999d", "", 1}, {"%*d", "", 1},
	} {
		got, err := numbered(test.pattern, test.n)
		assert.Equal(t, test.want, got, test.pattern)
		assert.Equal(t, test.want == "", err != nil, test.pattern)
	}
}

func FuzzPolygon(f *testing.F) {
	text, err := os.ReadFile(filepath.Join(problems, "reversed", "problem.xml"))
	require.NoError(f, err)
	f.Add(text)
	f.Add([]byte(polygonFiles()["problem.xml"]))
	dir := filepath.Join(f.TempDir(), "package")
	for name := range polygonFiles() {
		require.NoError(f, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(f, os.WriteFile(filepath.Join(dir, name), nil, 0o644))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := parsePolygon(data)
		if err != nil {
			return
		}
		for _, set := range p.Judging.Testsets {
			if name, err := numbered(set.Input, 3); err == nil && !fs.ValidPath(name) {
				t.Errorf("%q", name)
			}
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, "problem.xml"), data, 0o644))
		_, _ = Load(dir)
	})
}
