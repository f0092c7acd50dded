package language

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// askTimeout is how long a tool may take to say what it is: a compiler that runs
// on a Java machine takes seconds, and many of them on a busy computer.
const askTimeout = time.Minute

// Toolchain are the tools of a language on this machine.
type Toolchain struct {
	// Tools are where they are, by their names in the language.
	Tools map[string]FoundTool
	// Version is what the language's main tool says of itself.
	Version string
}

// FoundTool is where a tool is.
type FoundTool struct {
	// Path is the program, absolute and free of symbolic links.
	Path string
	// Prefix is the directory that it is installed in.
	Prefix string
	// identity changes when the program does.
	identity string
}

// MissingError says that a language can't be used on this machine. It matches
// errors.ErrUnsupported.
type MissingError struct {
	Language *Language
	// Tool is the tool that is missing, and Err why it is not taken where
	// there is one that can't be used.
	Tool string
	Err  error
}

func (e *MissingError) Error() string {
	text := fmt.Sprintf("language: %s: no %s in $PATH", e.Language.Name, strings.Join(e.Language.Tools[e.Tool].Names, " or "))
	if e.Err != nil {
		text = fmt.Sprintf("language: %s: %v", e.Language.Name, e.Err)
	}
	if hint := e.Language.Install.String(); hint != "" {
		text += ": " + hint
	}
	return text
}

// Unwrap returns the reason, nil if there is just nothing.
func (e *MissingError) Unwrap() error { return e.Err }

// Is makes errors.Is(err, errors.ErrUnsupported) true.
func (e *MissingError) Is(target error) bool { return target == errors.ErrUnsupported }

// String is how to install it, "" if nobody knows.
func (i Install) String() string {
	var parts []string
	if len(i.Debian) > 0 {
		parts = append(parts, "apt-get install "+strings.Join(i.Debian, " "))
	}
	if i.Note != "" {
		parts = append(parts, i.Note)
	}
	return strings.Join(parts, "; ")
}

// Finder looks for tools, and remembers what it has found. The zero value looks
// in $PATH, JAVA_HOME/bin, and where tools are often installed without being in
// $PATH. It is safe for concurrent use.
type Finder struct {
	mutex sync.Mutex
	found map[string]*lookup // by what is looked for
}

// lookup is made once.
type lookup struct {
	once sync.Once
	tool FoundTool
	text string // the version
	err  error
	// cancelled says that it tells nothing.
	cancelled bool
}

// Find looks for the tools of a language; if one is missing the error is a
// [*MissingError]. It runs them, as the caller, to ask where and what they are.
func (f *Finder) Find(ctx context.Context, l *Language) (*Toolchain, error) {
	chain := &Toolchain{Tools: map[string]FoundTool{}}
	for _, name := range slices.Sorted(maps.Keys(l.Tools)) {
		found := f.find(ctx, l.Tools[name], name == l.Version)
		if ctx.Err() != nil {
			return nil, fmt.Errorf("language: %w", ctx.Err())
		}
		if found.err != nil {
			missing := &MissingError{Language: l, Tool: name}
			if !errors.Is(found.err, exec.ErrNotFound) {
				missing.Err = found.err
			}
			return nil, missing
		}
		chain.Tools[name] = found.tool
		if name == l.Version {
			chain.Version = found.text
		}
	}
	return chain, nil
}

// find looks a tool up, once. A look-up that was cancelled doesn't count.
func (f *Finder) find(ctx context.Context, t *Tool, version bool) *lookup {
	for {
		l := f.lookup(t, version)
		l.once.Do(func() {
			l.tool, l.text, l.err = t.locate(ctx, version)
			if l.cancelled = ctx.Err() != nil; l.cancelled {
				f.forget(l)
			}
		})
		// It may have been another caller's context.
		if !l.cancelled || ctx.Err() != nil {
			return l
		}
	}
}

// lookup is the one for a tool, made or not.
func (f *Finder) lookup(t *Tool, version bool) *lookup {
	key := fmt.Sprintf("%q %q %q %q %q %t", t.Names, t.Ask, t.Answer, t.Version, t.Pattern, version)
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.found == nil {
		f.found = map[string]*lookup{}
	}
	l := f.found[key]
	if l == nil {
		l = &lookup{}
		f.found[key] = l
	}
	return l
}

func (f *Finder) forget(l *lookup) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	maps.DeleteFunc(f.found, func(_ string, other *lookup) bool { return other == l })
}

// searchDirs are where tools are looked for.
func searchDirs() []string {
	dirs := filepath.SplitList(os.Getenv("PATH"))
	if home := os.Getenv("JAVA_HOME"); home != "" {
		dirs = append([]string{filepath.Join(home, "bin")}, dirs...)
	}
	dirs = append(dirs, "/usr/local/bin", "/usr/bin", "/bin", "/usr/local/go/bin")
	if home, err := os.UserHomeDir(); err == nil {
		dirs = append(dirs, filepath.Join(home, ".cargo/bin"), filepath.Join(home, "go/bin"))
	}
	return slices.DeleteFunc(dirs, func(dir string) bool { return !filepath.IsAbs(dir) }) // as os/exec does
}

// locate tries all that have one of the names, the best first: what is found
// may be a version manager's, for a tool that it has not got.
func (t *Tool) locate(ctx context.Context, version bool) (tool FoundTool, text string, err error) {
	err = exec.ErrNotFound
	tried := map[string]bool{}
	for _, name := range t.Names {
		for _, dir := range searchDirs() {
			path := filepath.Join(dir, name)
			if tried[path] || !isProgram(path) {
				continue
			}
			tried[path] = true
			var reason error
			if tool, reason = t.resolve(ctx, path); reason == nil && version {
				text, reason = ask(ctx, tool.Path, t.Version)
				text = t.versionIn(text)
			}
			if reason == nil {
				return tool, text, nil
			}
			if errors.Is(err, exec.ErrNotFound) {
				err = reason // of the best one
			}
		}
	}
	return FoundTool{}, "", err
}

// versionIn is the version in what a tool says of itself.
func (t *Tool) versionIn(said string) string {
	if t.Pattern != "" {
		if found := regexp.MustCompile(t.Pattern).FindString(said); found != "" { // checked by check
			return found
		}
	}
	first, _, _ := strings.Cut(strings.TrimSpace(said), "\n")
	return first
}

func isProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && unix.Access(path, unix.X_OK) == nil
}

// resolve finds what a path in $PATH really is.
func (t *Tool) resolve(ctx context.Context, path string) (FoundTool, error) {
	var tool FoundTool
	if len(t.Ask) > 0 {
		out, err := ask(ctx, path, t.Ask)
		if err != nil {
			return tool, err
		}
		if t.Answer != "" {
			m := regexp.MustCompile(t.Answer).FindStringSubmatch(out) // checked by check
			if m == nil {
				return tool, fmt.Errorf("%s does not say where it is installed: %q", path, out)
			}
			out = m[1]
		}
		lines := strings.Split(strings.TrimSpace(out), "\n")
		tool.Prefix = strings.TrimSpace(lines[0])
		path = filepath.Join(tool.Prefix, "bin", filepath.Base(path))
		if len(lines) > 1 {
			path = strings.TrimSpace(lines[1])
		}
		if !filepath.IsAbs(path) {
			return tool, fmt.Errorf("%s: %q is no place: write an absolute path", t.Names[0], path)
		}
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return tool, err
	}
	if tool.Path = real; tool.Prefix == "" {
		tool.Prefix = filepath.Dir(filepath.Dir(real))
	} else if tool.Prefix, err = filepath.EvalSymlinks(tool.Prefix); err != nil {
		return tool, err
	}
	info, err := os.Stat(real)
	if err != nil {
		return tool, err
	}
	tool.identity = fmt.Sprintf("%s %d %d", real, info.Size(), info.ModTime().UnixNano())
	return tool, nil
}

// ask runs a tool and returns what it prints, on both streams.
func ask(ctx context.Context, path string, args []string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = "/"
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		first, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
		return "", fmt.Errorf("%s %s: %w: %s", path, strings.Join(args, " "), err, first)
	}
	return string(out), nil
}
