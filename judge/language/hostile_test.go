package language_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/judge/language"
	"github.com/bailiff-judge/bailiff/runner"
)

// token is what no compiler may say: it stands in the judge's environment and
// in a file that everybody may read.
const token = "w9XkTq3vSecretOfTheJudge"

// tight are limits under which real programs compile, and bombs end soon.
var tight = runner.Limits{CPU: 4 * time.Second, Wall: 15 * time.Second, Memory: 768 << 20, Output: 4 << 20, FileSize: 64 << 20}

// SECRET in a source is the path of the file with the token.
var hostile = []struct {
	about, id, code string
	ok              bool   // it may compile: then it has got nothing
	reason          string // what the reason has to say
}{
	{about: "include shadow", id: "cpp", code: `#include "/etc/shadow"` + "\nint main() {}"},
	{about: "include secret", id: "cpp", code: `#include "SECRET"` + "\nint main() {}"},
	{about: "include the machine's passwd", id: "c", code: `#include "/etc/passwd"` + "\nint main(void) {}"},
	{about: "include random", id: "cpp", code: `#include "/dev/random"` + "\nint main() {}"},
	{about: "include zero", id: "c", code: `#include "/dev/zero"` + "\nint main(void) {}"},
	{about: "include stdin", id: "cpp", code: `#include "/dev/stdin"` + "\nint main() {}", ok: true},
	{about: "include terminal", id: "cpp", code: `#include "/dev/tty"` + "\nint main() {}"},
	{about: "include own environment", id: "c", code: `#include "/proc/self/environ"`},
	{about: "include pid 1's environment", id: "c", code: `#include "/proc/1/environ"`},
	{about: "include memory", id: "c", code: `#include "/proc/self/mem"`},
	{about: "include a directory", id: "c", code: `#include "/"`},
	{about: "line of secret", id: "cpp", code: "#line 1 \"SECRET\"\nerror here;"},
	{about: "line of shadow", id: "cpp", code: "#line 1 \"/etc/shadow\"\nerror here;"},
	{about: "include itself twice", id: "cpp", code: "#include __FILE__\n#include __FILE__\nint main() {}"},
	{about: "macro bomb", id: "c", code: macroBomb(), reason: "may"},
	{about: "template depth", id: "cpp", code: "template<int N> struct S { static const int v = S<N + 1>::v; }; int main() { return S<0>::v; }"},
	{about: "template breadth", id: "cpp", code: "template<int N, int M> struct S { S<N - 1, 2 * M> a; S<N - 1, 2 * M + 1> b; };\ntemplate<int M> struct S<0, M> {};\nint main() { S<28, 0> s; return sizeof s > 0; }", reason: "may"},
	{about: "constexpr", id: "cpp", code: "constexpr int f(int n) { int x = 0; for (long i = 0; i < 100000000L; i++) x += i; return x; }\n" + strings.Repeat("static_assert(f(1) != 0);\n", 50) + "int main() {}"},
	{about: "gibibyte initialised", id: "c", code: "int a[1 << 28] = {1};\nint main(void) {}"},
	{about: "space in assembly", id: "c", code: `__asm__(".data\n.space 0x10000000000\n"); int main(void) {}`},
	{about: "repeat in assembly", id: "c", code: `__asm__(".rept 1000000000\n.quad 1\n.endr\n"); int main(void) {}`, reason: "may"},
	{about: "incbin shadow", id: "c", code: `__asm__(".incbin \"/etc/shadow\""); int main(void) {}`},
	{about: "incbin secret", id: "c", code: `__asm__(".incbin \"SECRET\""); int main(void) {}`},
	{about: "incbin zero", id: "c", code: `__asm__(".incbin \"/dev/zero\""); int main(void) {}`},
	{about: "warnings without end", id: "c", code: warnings(), reason: "messages"},
	{about: "empty", id: "cpp", code: ""},
	{about: "60 MiB", id: "c", code: "/*" + strings.Repeat("x", 60<<20)},
	{about: "no text", id: "cpp", code: "\xff\xfe\x80int main() { return \x00\x1b[31m; }"},
	{about: "escape sequences", id: "c", code: "#error \x1b[2J\x1b]0;title\x07\n"},

	{about: "include_str", id: "rust", code: `fn main() { println!("{}", include_str!("SECRET")); }`},
	{about: "include_bytes of zero", id: "rust", code: `fn main() { println!("{:?}", include_bytes!("/dev/zero")[0]); }`},
	{about: "environment", id: "rust", code: `fn main() { println!("{}", env!("BAILIFF_TOKEN")); }`},
	{about: "macro recursion", id: "rust", code: "#![recursion_limit = \"100000\"]\nmacro_rules! m { ($($x:tt)*) => { m!($($x)* $($x)*) } }\nfn main() { m!(a) }"},
	{about: "const loop", id: "rust", code: "#![allow(long_running_const_eval)]\nconst X: u64 = { let mut i = 0u64; while i < 1 << 60 { i += 1; } i };\nfn main() { println!(\"{}\", X); }"},

	{about: "embed", id: "go", code: "package main\nimport _ \"embed\"\n//go:embed SECRET\nvar s string\nfunc main() { println(s) }"},
	{about: "cgo", id: "go", code: "package main\n// #cgo LDFLAGS: -Wl,@SECRET\n// #include \"SECRET\"\nimport \"C\"\nfunc main() {}"},
	{about: "large array", id: "go", code: "package main\nvar a = [1 << 30]byte{1: 1, 1<<30 - 1: 1}\nfunc main() { println(a[5]) }"},
	{about: "no such module", id: "go", code: "package main\nimport _ \"example.com/x\"\nfunc main() {}"},
	{about: "linkname", id: "go", code: "package main\n//go:generate cat SECRET\nfunc main() { undefined() }"},

	{about: "no main", id: "java", code: "public class A { }", reason: "main"},
	{about: "two mains", id: "java", code: "class A { public static void main(String[] a) {} }\nclass B { public static void main(String[] a) {} }", reason: "A, B"},
	{about: "code too large", id: "java", code: "class Main { static int[] a = {" + strings.Repeat("1,", 200000) + "}; public static void main(String[] a) {} }"},
	{about: "deep", id: "java", code: "class Main { int f() { return " + strings.Repeat("(", 100000) + "1; } }"},

	{about: "deep", id: "python3", code: strings.Repeat("(", 100000)},
	{about: "folding", id: "python3", code: "x = " + strings.Repeat("((((1<<4000)*3)<<4000)<<4000)+", 20000) + "\x01"},
	{about: "zero bytes", id: "python3", code: "\x00\x00"},

	{about: "begin: endless", id: "perl", code: "BEGIN { 1 while 1 }", reason: "than it may"},
	{about: "begin: sleep", id: "perl", code: "BEGIN { sleep 1000 }", reason: "time"},
	{about: "begin: fork bomb", id: "perl", code: "BEGIN { fork while 1 }"},
	{about: "begin: secret", id: "perl", code: "BEGIN { open F, '<', 'SECRET' or die; print STDERR <F>; exit 1 }"},
	{about: "begin: daemon", id: "perl", code: "use POSIX; BEGIN { unless (fork) { setsid(); unless (fork) { sleep 1000 } } exit 1 }"},
	{about: "begin: fill", id: "perl", code: "BEGIN { for my $d ('/tmp', '/build', '/program', '/dev/shm') { for (0..200) { open my $f, '>', \"$d/$_\" or next; print $f 'x' x 60000000; close $f } } exit 1 }"},
	{about: "begin: sources", id: "perl", code: "BEGIN { for my $f ('/build/sol.pl', '/proc/self/exe', '/usr/lib/x') { open F, '>', $f and die 'WRITTEN' } exit 1 }"},
	{about: "begin: network", id: "perl", code: "use Socket; BEGIN { socket(my $s, AF_INET, SOCK_STREAM, 0) or exit 1; connect($s, sockaddr_in(80, inet_aton('127.0.0.1'))) and die 'CONNECTED'; exit 1 }"},

	{about: "a link as the program", id: "lisp", code: `(eval-when (:compile-toplevel) (require :sb-posix))
(eval-when (:compile-toplevel) (sb-posix:unlink "/program/main.fasl") (sb-posix:symlink "/etc/passwd" "/program/main.fasl") (sb-ext:exit :code 0 :abort t))`, reason: "no program"},
	{about: "a pipe as the program", id: "lisp", code: `(eval-when (:compile-toplevel) (require :sb-posix))
(eval-when (:compile-toplevel) (sb-posix:unlink "/program/main.fasl") (sb-posix:mkfifo "/program/main.fasl" #o666) (sb-ext:exit :code 0 :abort t))`, reason: "no program"},
	{about: "a directory as the program", id: "lisp", code: `(eval-when (:compile-toplevel) (require :sb-posix))
(eval-when (:compile-toplevel) (sb-posix:unlink "/program/main.fasl") (sb-posix:mkdir "/program/main.fasl" #o700) (sb-ext:exit :code 0 :abort t))`, reason: "directory"},
	{about: "a file of holes as the program", id: "lisp", code: `(eval-when (:compile-toplevel) (require :sb-posix))
(eval-when (:compile-toplevel) (dotimes (i 10) (sb-posix:ftruncate (sb-posix:open (format nil "/program/~d" i) (logior sb-posix:o-creat sb-posix:o-rdwr) #o666) 60000000)) (sb-ext:exit :code 0 :abort t))`},
	{about: "read-time secret", id: "lisp", code: `#.(with-open-file (s "SECRET") (error (read-line s)))`},
	{about: "read-time shell", id: "prolog", code: ":- shell('cat SECRET /etc/shadow').\n:- halt(1)."},
	{about: "template haskell", id: "haskell", code: "{-# LANGUAGE TemplateHaskell #-}\nimport Language.Haskell.TH\nmain = putStrLn $(runIO (readFile \"SECRET\") >>= litE . stringL)"},
	{about: "no main", id: "haskell", code: "module A where\nx = 1\n"},
	{about: "no main", id: "prolog", code: "x :- undefined_at_all(1).", ok: true},
	{about: "include", id: "pascal", code: "program x;\n{$I SECRET}\nbegin\nend."},
	{about: "resource", id: "csharp", code: "#line 1 \"SECRET\"\nclass X { error }"},
}

// macroBomb is a macro of 2^40 words.
func macroBomb() string {
	var b strings.Builder
	b.WriteString("#define M0 1,1\n")
	for i := range 40 {
		fmt.Fprintf(&b, "#define M%d M%d,M%d\n", i+1, i, i)
	}
	return b.String() + "int a[] = {M40};\nint main(void) {}"
}

// warnings are gigabytes of them.
func warnings() string {
	return strings.Repeat("#warning "+strings.Repeat("x", 1000)+"\n", 20000) + "#include __FILE__\nint main(void) {}"
}

func TestHostileSources(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	for dir := filepath.Dir(secret); len(dir) > len(os.TempDir()); dir = filepath.Dir(dir) {
		require.NoError(t, os.Chmod(dir, 0o755))
	}
	require.NoError(t, os.WriteFile(secret, []byte(token), 0o644))
	shadow, _ := os.ReadFile("/etc/shadow") // not as an ordinary user
	passwd, err := os.ReadFile("/etc/passwd")
	require.NoError(t, err)
	t.Setenv("BAILIFF_TOKEN", token)
	for _, h := range hostile {
		t.Run(h.id+"/"+strings.ReplaceAll(h.about, " ", "_"), func(t *testing.T) {
			b := newBench(t, language.CompilerOptions{Limits: tight, Dir: shared(t)})
			l := b.find(h.id)
			if len(l.Prepare.Args) > 0 && l.PrepareFor == "" {
				_, ready := b.compile(h.id, language.Options{}, source("a"+l.Extensions[0], "package main\nfunc main() {}\n"))
				require.Equal(t, language.OK, ready.Status, ready.Diagnostics)
			}
			entries := b.entries()
			begin := time.Now()
			program, c := b.compile(h.id, language.Options{}, source("sol"+l.Extensions[0], strings.ReplaceAll(h.code, "SECRET", secret)))
			assert.Less(t, time.Since(begin), tight.Wall+10*time.Second)
			if !h.ok {
				assert.Equal(t, language.CompileError, c.Status)
			}
			assert.Contains(t, c.Reason, h.reason)
			b.harmless(c)
			for _, text := range [][]byte{shadow, passwd} {
				for line := range bytes.Lines(text) {
					if !bytes.HasPrefix(line, []byte("root:x:0:0:root:/")) && len(line) > 10 {
						assert.NotContains(t, c.Diagnostics, strings.TrimSpace(string(line)))
					}
				}
			}
			assert.NotContains(t, c.Diagnostics, "WRITTEN")
			assert.NotContains(t, c.Diagnostics, "CONNECTED")
			t.Logf("%.300s", c.Diagnostics)
			if program == nil {
				assert.Equal(t, entries, b.entries())
			}
		})
	}
}

// harmless holds what is promised of all that a compiler says, and that nothing
// is left over.
func (b *bench) harmless(c *language.Compilation) {
	b.Helper()
	assert.NotContains(b, c.Diagnostics, token)
	assert.LessOrEqual(b, len(c.Diagnostics), 64<<10)
	assert.True(b, utf8.ValidString(c.Diagnostics))
	assert.NotContains(b, c.Diagnostics, "\x1b")
	assert.NotContains(b, c.Diagnostics, b.dir, "a path of the judge")
	left, err := os.ReadDir(filepath.Join(b.dir, "work"))
	require.NoError(b, err)
	assert.Empty(b, left)
}

// entries are the names of what is kept.
func (b *bench) entries() []string {
	b.Helper()
	dirs, err := os.ReadDir(filepath.Join(b.dir, "entries"))
	require.NoError(b, err)
	names := []string{}
	for _, d := range dirs {
		names = append(names, d.Name())
	}
	return names
}
