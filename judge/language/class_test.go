package language

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// compileJava returns the class files of a source, by a real compiler.
func compileJava(t testing.TB, text string) string {
	t.Helper()
	javac, err := exec.LookPath("javac")
	if err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "X.java"), []byte(text), 0o600))
	out, err := exec.Command(javac, "-d", dir, filepath.Join(dir, "X.java")).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return dir
}

const javaMain = "public static void main(String[] args) { long x = 12345678901L; double d = 1.5e300; Runnable r = () -> {}; }"

func TestMainClass(t *testing.T) {
	for _, test := range []struct{ about, text, source, want, refused string }{
		{"one", "class A { " + javaMain + " }", "X.java", "A", ""},
		{"in a package", "package a.b; class A { " + javaMain + " }", "X.java", "a.b.A", ""},
		{"inside another", "class A { static class B { " + javaMain + " } }", "X.java", "A$B", ""},
		{"of two the source's", "class A { " + javaMain + " } class X { " + javaMain + " }", "X.java", "X", ""},
		{"of two Main", "class A { " + javaMain + " } class Main { " + javaMain + " }", "X.java", "Main", ""},
		{"of two none", "class A { " + javaMain + " } class B { " + javaMain + " }", "X.java", "", "several classes have a method main (A, B): call one Main"},
		{"not static", "class A { public void main(String[] a) {} }", "X.java", "", "no class has a method \"public static void main(String[])\""},
		{"other arguments", "class A { public static void main(String a) {} }", "X.java", "", "no class has a method \"public static void main(String[])\""},
		{"varargs", "class A { public static void main(String... a) {} }", "X.java", "A", ""},
		{"interface", "interface A { static void main(String[] a) {} }", "X.java", "A", ""},
	} {
		t.Run(test.about, func(t *testing.T) {
			got, err := mainClass(compileJava(t, test.text), test.source)
			assert.Equal(t, test.want, got)
			if test.refused != "" {
				assert.Equal(t, refusal(test.refused), err)
			} else {
				assert.NoError(t, err)
			}
		})
	}
}

func FuzzClass(f *testing.F) {
	if _, err := exec.LookPath("javac"); err == nil {
		code, err := os.ReadFile(filepath.Join(compileJava(f, "class A { int f = 5; "+javaMain+" }"), "A.class"))
		require.NoError(f, err)
		f.Add(code)
	}
	f.Add([]byte{0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 61, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, code []byte) {
		c, err := parseClass(code)
		if err != nil {
			assert.Zero(t, c)
		} else {
			assert.True(t, validClass(c.name))
		}
	})
}
