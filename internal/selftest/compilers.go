package selftest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/bailiff-judge/bailiff/judge/language"
	"github.com/bailiff-judge/bailiff/runner"
)

// source is one that a compiler should not survive, and the machine should.
type source struct {
	language, code string
}

// hostSecret stands in a source for the path of a file that everybody may read,
// and no compiler may see.
const hostSecret = "{secret}"

// compilerLimits are those under which real programs compile, and bombs end soon.
func compilerLimits() runner.Limits {
	return runner.Limits{CPU: 2 * time.Second, Wall: 20 * time.Second, Memory: 512 * mib, Output: 4 * mib, FileSize: 64 * mib}
}

// compilerAttacks are sources. Compilers run in a mode of their own, and so only
// where nobody has asked for another.
func compilerAttacks() (attacks []Attack) {
	for _, s := range []struct{ name, language, code string }{
		{"include-shadow", "c", "#include \"/etc/shadow\"\nint main(void) {}\n"},
		{"include-passwd", "cpp", "#include \"/etc/passwd\"\nint main() {}\n"},
		{"include-secret", "c", "#include \"" + hostSecret + "\"\nint main(void) {}\n"},
		{"include-random", "cpp", "#include \"/dev/random\"\nint main() {}\n"},
		{"include-zero", "c", "#include \"/dev/zero\"\nint main(void) {}\n"},
		{"include-environment", "c", "#include \"/proc/self/environ\"\n"},
		{"include-environment-of-init", "c", "#include \"/proc/1/environ\"\n"},
		{"incbin-secret", "c", "__asm__(\".incbin \\\"" + hostSecret + "\\\"\");\nint main(void) {}\n"},
		{"line-of-secret", "cpp", "#line 1 \"" + hostSecret + "\"\nerror here;\n"},
		{"include-bomb", "cpp", "#include __FILE__\n#include __FILE__\nint main() {}\n"},
		{"macro-bomb", "c", macroBomb()},
		{"template-depth", "cpp", "template<int N> struct S { static const int v = S<N + 1>::v; };\nint main() { return S<0>::v; }\n"},
		{"template-bomb", "cpp", "template<int N, int M> struct S { S<N - 1, 2 * M> a; S<N - 1, 2 * M + 1> b; };\ntemplate<int M> struct S<0, M> {};\n" +
			"int main() { S<28, 0> s; return sizeof s > 0; }\n"},
		{"large-array", "c", "int a[1 << 28] = {1};\nint main(void) {}\n"},
		{"assembly-bomb", "c", "__asm__(\".rept 1000000000\\n.quad 1\\n.endr\\n\");\nint main(void) {}\n"},
		{"warnings", "c", strings.Repeat("#warning "+strings.Repeat("x", 1000)+"\n", 10000) + "#include __FILE__\nint main(void) {}\n"},
		{"terminal-escapes", "c", "#error \x1b[2J\x1b]0;title\x07\n"},
	} {
		attacks = append(attacks, Attack{Command: "compile " + s.language + " " + s.name, Policy: "compiler",
			Modes: []runner.Mode{runner.NS, runner.Pool}, Limits: compilerLimits(), source: &source{s.language, s.code}})
	}
	return attacks
}

// macroBomb is a macro of 2^40 words.
func macroBomb() string {
	var b strings.Builder
	b.WriteString("#define M0 1,1\n")
	for i := range 40 {
		fmt.Fprintf(&b, "#define M%d M%d,M%d\n", i+1, i, i)
	}
	return b.String() + "int a[] = {M40};\nint main(void) {}\n"
}

// workshop is where sources are compiled.
type workshop struct {
	compiler  *language.Compiler
	languages *language.Set
	dir       string // the compiler's
	secret    string // a file
	// private are what no message may hold.
	private []string
}

// openWorkshop makes it, at its first use.
func (a *Arsenal) openWorkshop() (*workshop, error) {
	w := &workshop{dir: filepath.Join(a.dir, "compiled"), secret: filepath.Join(a.dir, "secret")}
	token := rand.Text()
	if err := os.WriteFile(w.secret, []byte(token+"\n"), 0o644); err != nil {
		return nil, fmt.Errorf("selftest: %w", err)
	}
	w.private = []string{token, w.dir}
	for _, name := range []string{"/etc/passwd", "/etc/shadow"} {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // an ordinary user has nothing of it to lose
		}
		for line := range strings.Lines(string(text)) {
			// The sandbox has a passwd of its own, with a root in it.
			if line = strings.TrimSpace(line); len(line) > 10 && !strings.HasPrefix(line, "root:x:0:0:root:/") {
				w.private = append(w.private, line)
			}
		}
	}
	var err error
	if w.languages, err = language.Builtin(); err != nil {
		return nil, fmt.Errorf("selftest: %w", err)
	}
	w.compiler, err = language.NewCompiler(language.CompilerOptions{Dir: w.dir, Limits: compilerLimits()})
	if err != nil {
		return nil, fmt.Errorf("selftest: %w", err)
	}
	return w, nil
}

// compile has a source compiled, which must fail in time, and tell nothing.
func (b *Bench) compile(ctx context.Context, a *Attack, report *Report) error {
	w, err := b.Arsenal.workshop()
	if err != nil {
		return err
	}
	l, err := w.languages.Find(a.source.language)
	if err != nil {
		return fmt.Errorf("selftest: %w", err)
	}
	code := strings.ReplaceAll(a.source.code, hostSecret, w.secret)
	begin := time.Now()
	var program *language.Program
	var compilation *language.Compilation
	err = again(ctx, report, func() (err error) {
		begin = time.Now()
		program, compilation, err = w.compiler.Compile(ctx, b.Sandbox, l, []language.Source{{Name: "attack" + l.Extensions[0], Content: []byte(code)}}, language.Options{})
		return err
	})
	took := time.Since(begin)
	var unlimited *runner.LimitError
	if errors.Is(err, errors.ErrUnsupported) || errors.As(err, &unlimited) {
		report.Verdict, report.Evidence = Skipped, err.Error()
		return nil
	}
	if err != nil {
		return err
	}
	if program != nil {
		err = program.Close()
	}
	report.Status = compilation.Status.String()
	if broken := errors.Join(err, w.broken(compilation, b.Machine&MemoryCgroup != 0), late(took, a.Limits.Wall)); broken != nil {
		const most = 600
		text := compilation.Diagnostics
		report.Verdict, report.Evidence = Broken, fmt.Sprintf("%v\nstatus %v, reason %q, after %v\n%s", broken, compilation.Status, compilation.Reason, took, text[:min(len(text), most)])
	}
	return nil
}

// broken says which guarantee a compilation breaks. Held says that memory is held
// by the kernel, not looked at.
func (w *workshop) broken(c *language.Compilation, held bool) error {
	var errs []error
	if c.Status != language.CompileError {
		errs = append(errs, fmt.Errorf("status %v, not %v", c.Status, language.CompileError))
	}
	for _, text := range w.private {
		if strings.Contains(c.Diagnostics, text) {
			errs = append(errs, errors.New("the messages tell what is this machine's"))
			break
		}
	}
	if strings.Contains(c.Diagnostics, "\x1b") {
		errs = append(errs, errors.New("the messages have escape sequences"))
	}
	const messages = 64 * kib
	if len(c.Diagnostics) > messages {
		errs = append(errs, fmt.Errorf("%d bytes of messages, of which there may be %d", len(c.Diagnostics), messages))
	}
	if r := c.Result; r != nil {
		limits := compilerLimits()
		if held && r.Memory > limits.Memory {
			errs = append(errs, fmt.Errorf("the compiler took %d bytes of memory, of which it may have %d", r.Memory, limits.Memory))
		}
		if r.CPU > limits.CPU+time.Second {
			errs = append(errs, fmt.Errorf("the compiler took %v of CPU time, of which it may have %v", r.CPU, limits.CPU))
		}
	}
	return errors.Join(errs...)
}
