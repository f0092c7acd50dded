package language

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDetect(t *testing.T) {
	set, err := Builtin()
	require.NoError(t, err)
	perl, err := os.ReadFile("../../testdata/languages/sum.pl")
	require.NoError(t, err)
	prolog, err := os.ReadFile("../../testdata/languages/sum.pro")
	require.NoError(t, err)
	for _, test := range []struct {
		about   string
		sources []Source
		want    string
	}{
		{"c", named("a.c"), "c"},
		{"capital C is C++", named("a.C"), "cpp"},
		{"capitals", named("A.PY"), "python3"},
		{"headers are passed over", named("a.h", "b.cpp", "c.hpp"), "cpp"},
		{"data is passed over", named("table.txt", "Makefile", "b.rs"), "rust"},
		{"R, both", named("a.r", "b.R"), "r"},
		{"perl by its text", []Source{{"a.pl", perl}}, "perl"},
		{"prolog by its text", []Source{{"a.pl", prolog}}, "prolog"},
		{"neither by its text", named("a.pl"), `language: "a.pl" may be of perl or prolog: name the language`},
		{"two", named("a.c", "b.py"), `language: "b.py" may be of c or python3: name the language`},
		{"unknown", named("a.xyz"), `language: "a.xyz" is of no language by its extension: name the language`},
		{"headers alone", named("a.h"), `language: no source whose language could be told: name the language`},
		{"nothing", nil, `language: no source whose language could be told: name the language`},
	} {
		t.Run(test.about, func(t *testing.T) {
			l, err := set.Detect(test.sources)
			if err != nil {
				assert.EqualError(t, err, test.want)
				assert.IsType(t, &DetectError{}, err)
				return
			}
			assert.Equal(t, test.want, l.ID)
		})
	}
}

func TestFind(t *testing.T) {
	set, err := Builtin()
	require.NoError(t, err)
	cpp, err := set.Find("cpp")
	require.NoError(t, err)
	cpp20, err := set.Find("cpp20")
	require.NoError(t, err)
	cpp11, err := set.Find("cpp11")
	require.NoError(t, err)
	assert.Equal(t, cpp.variant, cpp20.variant)
	assert.NotEqual(t, cpp.variant, cpp11.variant)
	assert.Equal(t, "C++11", cpp11.Name)
	_, err = set.Find("ccp")
	assert.EqualError(t, err, `language: there is no language "ccp"; did you mean "cpp"?`)
}

func load(t testing.TB, text string) (*Set, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "page.toml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o666))
	set, err := Load(file)
	if err != nil {
		err = fmt.Errorf("%s", strings.ReplaceAll(err.Error(), file, "FILE"))
	}
	return set, err
}

const catPage = `id = "cat"
name = "Cat"
extensions = [".cat"]
source = "main.cat"
version = "cat"
tools.cat = { names = ["cat"], version = ["--version"] }
compile.args = ["{cat}"]
run.args = ["{cat}"]
`

func TestLoad(t *testing.T) {
	set, err := load(t, catPage)
	require.NoError(t, err)
	_, err = set.Find("cat")
	require.NoError(t, err)

	// What a page does not name stays, and what it changes, it changes for itself.
	set, err = load(t, "id = \"cpp\"\nvariant = \"cpp17\"\n[compile]\nargs = [\"{g++}\", \"-O3\"]\n[variants.cpp26]\nname = \"C++26\"\nargs = [\"-std=c++26\"]\n")
	require.NoError(t, err)
	changed, err := set.Find("cpp")
	require.NoError(t, err)
	assert.Equal(t, []string{"{g++}", "-O3"}, changed.Compile.Args)
	assert.Equal(t, ViewSystem, changed.Compile.View)
	assert.Equal(t, []string{"-std=gnu++17"}, changed.variant)
	_, err = set.Find("cpp26")
	require.NoError(t, err)
	unchanged := find(t, "cpp")
	assert.Contains(t, unchanged.Compile.Args, "-static")
	assert.Equal(t, []string{"-std=gnu++20"}, unchanged.variant)
}

func TestLoadErrors(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", `FILE: id "": write small letters and digits, at the head of the file`},
		{"id = \"a b\"", `FILE: id "a b": write small letters and digits, at the head of the file`},
		{"id = \"x\"\nname = 3", "FILE:2: name: incompatible types: TOML value has type int64; destination has type string"},
		{"id = \"x\"\nname = \"", "FILE:2: "},
		{"id = \"x\"", "FILE: name is missing"},
		{"id = \"cpp\"\n\n[compile]\narg = []", `FILE:4: there is no key "compile.arg": did you mean "args"?`},
		{"id = \"cpp\"\ncompil.args = []", `FILE:2: there is no key "compil.args": did you mean "args"?`},
		{"id = \"cpp\"\n[wrong]\nx = 1", `FILE:2: there is no key "wrong"`},
		{"id = \"cpp\"\n[compile]\nargs = [\"{g+}\"]", `FILE: compile: {g+} in "{g+}" stands for nothing: there is no tool of that name`},
		{"id = \"cpp\"\n[compile]\nargs = [\"x{sources}\"]", `FILE: compile: {sources} in "x{sources}" is a list: write it as an argument of its own`},
		{"id = \"cpp\"\n[compile]\nargs = [\"{memory}\"]", `FILE: compile: {memory} in "{memory}" stands for nothing: there is no tool of that name`},
		{"id = \"cpp\"\n[run]\npolicy = \"strikt\"", `FILE: run.policy: policy: there is no policy "strikt"; did you mean "strict"?`},
		{"id = \"cpp\"\n[run]\nview = \"all\"", `FILE:3: no view "all": have ["none" "libraries" "system"]`},
		{"id = \"cpp\"\nextensions = [\"cpp\"]", `FILE: extension "cpp": write one with its dot: ".cpp"`},
		{"id = \"cpp\"\nunit = \"(\"", "FILE: unit: error parsing regexp"},
		{"id = \"cpp\"\nvariant = \"cpp98\"", `FILE: variant "cpp98" is none of variants, or has no name`},
		{"id = \"cpp\"\n[compile]\nfiles = [\"etc\"]", `FILE: compile.files: "etc": write an absolute path, or a pattern of one`},
		{strings.Replace(catPage, `"cat"`, `"cpp17"`, 1), `FILE: id "cpp17" is that of a variant of C++17`},
		{catPage + "variant = \"cpp17\"\n[variants.cpp17]\nname = \"x\"", `is a language already`},
	} {
		_, err := load(t, test.text)
		assert.ErrorContains(t, err, test.want, test.text)
	}
	_, err := Load(filepath.Join(t.TempDir(), "absent.toml"))
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = Load(t.TempDir())
	assert.ErrorContains(t, err, "there is no file *.toml in it")
}

func FuzzParse(f *testing.F) {
	f.Add(catPage)
	f.Add("id = \"cpp\"\n[[x]]\n[a.\"b.c\"]\nd = 1")
	f.Fuzz(func(t *testing.T, text string) {
		l, err := parse([]page{{"page.toml", catPage}, {"more.toml", text}})
		if err != nil {
			assert.Regexp(t, `^language: more\.toml(:[0-9]+)?: `, err.Error())
			return
		}
		assert.NoError(t, l.check())
	})
}

func BenchmarkBuiltin(b *testing.B) {
	for b.Loop() {
		if _, err := Builtin(); err != nil {
			b.Fatal(err)
		}
	}
}
