package judge_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/judge"
)

// folder makes files, each with its own name in it.
func folder(t testing.TB, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(name), 0o644))
	}
	return dir
}

// list is a group's tests, one a line: name, input, answer.
func list(t testing.TB, dir string, g *judge.Group) string {
	t.Helper()
	var b strings.Builder
	for _, test := range g.AllTests() {
		b.WriteString(test.Name)
		for _, path := range []string{test.Input, test.Answer} {
			b.WriteString(" " + strings.TrimPrefix(path, dir+"/"))
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestFindTests(t *testing.T) {
	for _, test := range []struct {
		name  string
		files string
		tests string
		warns []string // parts of them
	}{
		{"kattis", "1.in 1.ans 2.in 2.ans 10.in 10.ans", "1 1.in 1.ans\n2 2.in 2.ans\n10 10.in 10.ans\n", nil},
		{"icpc", "a.in a.out", "a a.in a.out\n", nil},
		{"polygon", "01 01.a 02 02.a", "01 01 01.a\n02 02 02.a\n", nil},
		{"acm", "a.in a.a", "a a.in a.a\n", nil},
		{"numbered texts", "input1.txt output1.txt input10.txt output10.txt input2.txt output2.txt", "1 input1.txt output1.txt\n2 input2.txt output2.txt\n10 input10.txt output10.txt\n", nil},
		{"short numbered texts", "in1.txt out1.txt", "1 in1.txt out1.txt\n", nil},
		{"extensions that are numbers", "input.1 answer.1", "1 input.1 answer.1\n", nil},
		{"texts", "1.in.txt 1.out.txt", "1 1.in.txt 1.out.txt\n", nil},
		{"words", "1_in.txt 1_out.txt input_a.txt output_a.txt", "1 1_in.txt 1_out.txt\na input_a.txt output_a.txt\n", nil},
		{"one", "input.txt output.txt", "test input.txt output.txt\n", nil},
		{"side by side", "input/input00.txt output/output00.txt input/input01.txt output/output01.txt", "00 input/input00.txt output/output00.txt\n01 input/input01.txt output/output01.txt\n", nil},
		{"in and out", "in/a.txt out/a.txt", "a in/a.txt out/a.txt\n", nil},
		{"groups", "sample/1.in sample/1.ans secret/2-big/1.in secret/2-big/1.ans secret/10-huge/1.in secret/10-huge/1.ans",
			"sample/1 sample/1.in sample/1.ans\nsecret/2-big/1 secret/2-big/1.in secret/2-big/1.ans\nsecret/10-huge/1 secret/10-huge/1.in secret/10-huge/1.ans\n", nil},
		{"other files", "1.in 1.ans README.md 1.desc gen.py .hidden.in notes.txt information.txt answers.md input.py in.cpp out.cpp output1.c gen-in answer_key.py a.out 7", "1 1.in 1.ans\n", nil},
		{"dots and spaces", "a.b c.in a.b c.ans", "", []string{"a.b"}},
		{"input alone", "1.in 1.ans 2.in", "1 1.in 1.ans\n", []string{"2.in has no answer: it is left out"}},
		{"answer alone", "1.in 1.ans 2.ans", "1 1.in 1.ans\n", []string{"2.ans has no input: it is left out"}},
		{"two answers", "1.in 1.ans 1.out", "1 1.in 1.ans\n", []string{"1.ans and 1.out are answers of one test, and differ: 1.ans is taken"}},
		{"two inputs", "1.in input1.txt 1.ans", "1 1.in 1.ans\n", []string{"1.in and input1.txt are inputs of one test: 1.in is taken"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			names := strings.Fields(test.files)
			if test.name == "dots and spaces" {
				names = []string{"a.b"}
			}
			dir := folder(t, names...)
			root, warnings, err := judge.FindTests(dir, judge.FindOptions{})
			if test.tests == "" {
				assert.ErrorIs(t, err, fs.ErrNotExist)
				assert.ErrorContains(t, err, "name them like 1.in and 1.ans")
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.tests, list(t, dir, &root))
			require.Len(t, warnings, len(test.warns))
			for i, w := range test.warns {
				assert.Contains(t, warnings[i], w)
			}
		})
	}
}

func TestAnswersThatAreAlikeAreNoContradiction(t *testing.T) {
	dir := folder(t, "1.in", "1.ans", "1.out")
	for _, name := range []string{"1.ans", "1.out"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("same"), 0o644))
	}
	_, warnings, err := judge.FindTests(dir, judge.FindOptions{})
	require.NoError(t, err)
	assert.Empty(t, warnings)
}

func TestAnswersCanBeOptional(t *testing.T) {
	dir := folder(t, "1.in", "2.in", "2.ans")
	root, warnings, err := judge.FindTests(dir, judge.FindOptions{AnswersOptional: true})
	require.NoError(t, err)
	assert.Empty(t, warnings)
	assert.Equal(t, "1 1.in \n2 2.in 2.ans\n", list(t, dir, &root))
}

func TestOddFolders(t *testing.T) {
	_, _, err := judge.FindTests("/no/such/folder", judge.FindOptions{})
	assert.ErrorIs(t, err, fs.ErrNotExist)
	_, _, err = judge.FindTests(folder(t, "1.in"), judge.FindOptions{})
	assert.ErrorContains(t, err, "1.in has no answer", "the error says what there is")

	dir := folder(t, "1.in", "1.ans")
	require.NoError(t, os.Symlink(dir, filepath.Join(dir, "again")))
	_, _, err = judge.FindTests(dir, judge.FindOptions{})
	assert.ErrorContains(t, err, "symbolic link to a folder above")

	dir = folder(t, "1.in", "1.ans")
	require.NoError(t, os.Symlink("/no/such/file", filepath.Join(dir, "2.in")))
	_, warnings, err := judge.FindTests(dir, judge.FindOptions{})
	require.NoError(t, err)
	require.Len(t, warnings, 1)
	assert.Contains(t, warnings[0], "2.in can't be read")
}

func TestLocateTests(t *testing.T) {
	for want, files := range map[string][]string{
		"sol":   {"sol/1.in", "sol/1.ans", "tests/1.in"},
		"tests": {"tests/1.in", "tests/1.ans", "data/1.in"},
		"data":  {"tests/README", "data/secret/1.in", "data/secret/1.ans"},
		".":     {"1.in", "1.ans", "other/2.in", "other/2.ans"},
	} {
		dir := folder(t, append(files, "sol.cpp")...)
		got, flat, err := judge.LocateTests(filepath.Join(dir, "sol.cpp"))
		require.NoError(t, err, want)
		assert.Equal(t, filepath.Join(dir, want), got)
		assert.Equal(t, want == ".", flat)
		if flat {
			root, _, err := judge.FindTests(got, judge.FindOptions{Flat: true})
			require.NoError(t, err)
			assert.Equal(t, "1 1.in 1.ans\n", list(t, dir, &root), "another folder's tests are not this one's")
		}
	}
	_, _, err := judge.LocateTests(filepath.Join(folder(t, "sol.cpp"), "sol.cpp"))
	assert.ErrorIs(t, err, fs.ErrNotExist)
	assert.ErrorContains(t, err, "name the folder of the tests")
}

func TestNaturalOrder(t *testing.T) {
	want := []string{"1", "02", "2", "10", "a1b2", "a1b10", "a02", "a10", "b", "b1", "b1.2", "b1.10"}
	var names []string
	for _, name := range want {
		names = append(names, name+".in", name+".ans")
	}
	root, _, err := judge.FindTests(folder(t, names...), judge.FindOptions{})
	require.NoError(t, err)
	var got []string
	for _, test := range root.Tests {
		got = append(got, test.Name)
	}
	assert.Equal(t, want, got)
}
