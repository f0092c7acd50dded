package language

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var builtin = sync.OnceValues(Builtin)

func find(t testing.TB, id string) *Language {
	t.Helper()
	set, err := builtin()
	require.NoError(t, err)
	l, err := set.Find(id)
	require.NoError(t, err)
	return l
}

func named(names ...string) []Source {
	var sources []Source
	for _, name := range names {
		sources = append(sources, Source{Name: name})
	}
	return sources
}

func TestLayOut(t *testing.T) {
	for _, test := range []struct {
		id, names string // separated by |
		want      string // the same, or the refusal
		main      string // of the layout
	}{
		{"cpp", "sol.cpp", "sol.cpp", "sol.cpp"},
		{"cpp", "my solution.cpp", "main.cpp", "main.cpp"},
		{"cpp", "-o.cpp", "main.cpp", "main.cpp"},
		{"cpp", `"quoted" & $(x).cpp`, "main.cpp", "main.cpp"},
		{"cpp", "résumé.cpp", "main.cpp", "main.cpp"},
		{"cpp", "/etc/passwd", "main.cpp", "main.cpp"},
		{"cpp", "/home/me/sol.cpp", "sol.cpp", "sol.cpp"},
		{"cpp", "../../sol.cpp", "sol.cpp", "sol.cpp"},
		{"cpp", "a/../../../sol.cpp", "sol.cpp", "sol.cpp"},
		{"cpp", "./x/./sol.cpp", "x/sol.cpp", "x/sol.cpp"},
		{"cpp", "noextension", "main.cpp", "main.cpp"},
		{"cpp", "@file.cpp", "main.cpp", "main.cpp"},
		{"cpp", "SOL.CPP", "SOL.CPP", "SOL.CPP"},
		{"cpp", "a.cpp|util.h|my util.h|b.cpp", "a.cpp|util.h|my util.h|b.cpp", "a.cpp"},
		{"cpp", "a.cpp|main.cpp", "a.cpp|main.cpp", "main.cpp"},
		{"cpp", "../x.cpp|y/../x.cpp", "x.cpp|source2.cpp", "x.cpp"},
		{"cpp", "a b.cpp|c d.cpp", "main.cpp|source2.cpp", "main.cpp"},
		{"python3", "x.py|__main__.py", "x.py|__main__.py", "__main__.py"},
		{"go", "sol_test.go", "main.go", "main.go"},
		{"go", "sol_windows.go", "main.go", "main.go"},
		{"ocaml", "1st.ml", "main.ml", "main.ml"},
		{"cpp", "", "a source has no name", ""},
		{"cpp", "a\nb.cpp", `source "a\nb.cpp": its name has control characters, or is no UTF-8`, ""},
		{"cpp", "a\x00.cpp", `source "a\x00.cpp": its name has control characters, or is no UTF-8`, ""},
		{"cpp", "\xff.cpp", `source "\xff.cpp": its name has control characters, or is no UTF-8`, ""},
		{"cpp", strings.Repeat("x", 300), `source "xxxxxxxxxxxxxxxxxxxx"...: its name is longer than 255 bytes`, ""},
		{"cpp", "a.cpp|a.cpp", `two sources are called "a.cpp"`, ""},
		{"cpp", "a.cpp|a.cpp/b.cpp", `two sources are called "a.cpp/b.cpp"`, ""},
		{"cpp", "a.h|b.h", "no source of C++: its files end in .cpp, .cc, .cxx, .c++, .cp, .C", ""},
	} {
		t.Run(fmt.Sprintf("%s %.30q", test.id, test.names), func(t *testing.T) {
			o, err := layOut(find(t, test.id), named(strings.Split(test.names, "|")...), "")
			if test.main == "" {
				assert.Equal(t, refusal(test.want), err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.want, strings.Join(o.names, "|"))
			assert.Equal(t, test.main, o.main)
		})
	}
}

func TestLayOutNothingAndTooMuch(t *testing.T) {
	l := find(t, "c")
	_, err := layOut(l, nil, "")
	assert.Equal(t, refusal("there is no source"), err)
	_, err = layOut(l, make([]Source, 1000), "")
	assert.Equal(t, refusal("1000 sources: there may be 512"), err)
	_, err = layOut(l, []Source{{Name: "a.c", Content: make([]byte, 100<<20)}}, "")
	assert.Equal(t, refusal("sources of more than 64 MiB"), err)
	_, err = layOut(l, named("a.c"), "b.c")
	assert.Equal(t, refusal(`main source "b.c" is none of the sources`), err)
	o, err := layOut(l, named("main.c", "b.c"), "b.c")
	require.NoError(t, err)
	assert.Equal(t, "b.c", o.main)
}

func TestUnitName(t *testing.T) {
	for text, want := range map[string]string{
		"public class A {}": "A.java",
		"import x;\n  public final strictfp class B<T> {}":       "B.java",
		"public record C(int x) {}":                              "C.java",
		"// public class D {}\n/*\npublic class E {}\n*/class F": "sol.java",
		"class G {}":              "sol.java",
		"public class ../../x {}": "sol.java",
	} {
		o, err := layOut(find(t, "java"), []Source{{"sol.java", []byte(text)}}, "")
		require.NoError(t, err)
		assert.Equal(t, want, o.names[0], text)
	}
}

func TestDiagnostics(t *testing.T) {
	o := &layout{written: map[string]string{"main.cpp": "my solution.cpp", "source2.cpp": "../x.cpp"}}
	for said, want := range map[string]string{
		"main.cpp:1: error":                        "my solution.cpp:1: error",
		"/build/main.cpp:1: error":                 "my solution.cpp:1: error",
		"./main.cpp:1:\r\nIn file main.cpp, ":      "my solution.cpp:1:\nIn file my solution.cpp, ",
		"domain.cpp lib/main.cpp main.cppx":        "domain.cpp lib/main.cpp main.cppx",
		"source2.cpp: 'main.cpp'":                  "../x.cpp: 'my solution.cpp'",
		"/home/build/main.cpp":                     "/home/build/main.cpp",
		"a\x1b[31mb\x00c\td\xffe":                  "a\ufffd[31mb\ufffdc\td\ufffde",
		"from /build/util.h:3,\n  at (/build/a.h)": "from util.h:3,\n  at (a.h)",
	} {
		h := &head{}
		h.Write([]byte(said))
		assert.Equal(t, want, h.diagnostics(o), "%q", said)
	}
}

func TestDiagnosticsAreCut(t *testing.T) {
	for _, n := range []int{maxDiagnostics - 4, maxDiagnostics, maxDiagnostics + 4, 10 * maxDiagnostics} {
		h := &head{}
		for range n / 4 {
			h.Write([]byte("€x")) // four bytes, so that the limit is inside a letter
		}
		text := h.diagnostics(&layout{})
		assert.LessOrEqual(t, len(text), maxDiagnostics)
		assert.True(t, utf8.ValidString(text))
		assert.NotContains(t, text, "\ufffd")
		assert.Equal(t, n > maxDiagnostics, strings.HasSuffix(text, "\n... (cut)\n"), n)
	}
}

func FuzzDiagnostics(f *testing.F) {
	f.Add([]byte("main.cpp:1:\xff\x1b/build/main.cpp"))
	o := &layout{written: map[string]string{"main.cpp": "a b.cpp"}}
	f.Fuzz(func(t *testing.T, said []byte) {
		h := &head{}
		h.Write(said)
		text := h.diagnostics(o)
		assert.True(t, utf8.ValidString(text))
		assert.LessOrEqual(t, len(text), maxDiagnostics)
	})
}

// FuzzLayOut holds that no name of a source leads out of the directory, and
// that none of those that compilers are told can be an option.
func FuzzLayOut(f *testing.F) {
	f.Add("a.cpp", "../b.cpp", "public class X")
	f.Add("-o.java", "/etc/passwd", "public class ../X")
	set, err := Builtin()
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, a, b, content string) {
		for _, l := range set.Languages() {
			o, err := layOut(l, []Source{{a, []byte(content)}, {b, []byte(content)}}, "")
			if err != nil {
				assert.IsType(t, refusal(""), err)
				continue
			}
			require.Len(t, o.names, 2)
			assert.NotEqual(t, o.names[0], o.names[1])
			for _, name := range o.names {
				assert.False(t, strings.HasPrefix(name, "/") || name == ".." || name == "." || strings.HasPrefix(name, "../") || strings.Contains(name, "/../"), "%q", name)
			}
			for _, name := range o.units {
				assert.True(t, l.takes(name), "%q", name)
			}
		}
	})
}
