package language

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bailiff-judge/bailiff/mount"
)

// View is how much of the machine a command sees.
type View uint8

// The views; each has what those before it have.
const (
	ViewNone View = iota
	ViewLibraries
	ViewSystem
	numViews
)

var viewNames = [numViews]string{ViewNone: "none", ViewLibraries: "libraries", ViewSystem: "system"}

// String returns the view's name.
func (v View) String() string {
	if v < numViews {
		return viewNames[v]
	}
	return fmt.Sprintf("view(%d)", uint8(v))
}

// MarshalText writes the view's name.
func (v View) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads a view's name.
func (v *View) UnmarshalText(text []byte) error {
	i := slices.Index(viewNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("no view %q: have %q", text, viewNames)
	}
	*v = View(i)
	return nil
}

// Where things are in the sandbox.
const (
	programDir  = "/program"  // the program; while it is made, where it is put
	buildDir    = "/build"    // the sources, and the compiler's working directory
	preparedDir = "/prepared" // what Prepare has made
)

// The ids of programs as themselves see them are the runner's: these are for
// /etc/passwd.
const insideID = 1000

// The system's directories, by view.
var systemDirs = [numViews][]string{
	ViewLibraries: {"/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libx32"},
	ViewSystem:    {"/usr/bin", "/usr/include", "/usr/libexec"},
}

var systemLinks = [numViews][]string{
	ViewLibraries: {"/lib", "/lib32", "/lib64", "/libx32"},
	ViewSystem:    {"/bin"},
}

var systemFiles = [numViews][]string{
	// Of alternatives, links like that to the BLAS in use; of zoneinfo, what time is where.
	ViewLibraries: {"/etc/ld.so.cache", "/etc/alternatives", "/usr/share/zoneinfo"},
}

// viewOf is what a command sees of the machine, without places to write to.
func viewOf(l *Language, c *Command, chain *Toolchain) *mount.Tree {
	t := new(mount.Tree).LimitRoot(mount.TmpfsOptions{Size: 1 << 20, Inodes: 2048})
	var shown []string
	bind := func(path string) {
		within := func(dir string) bool { return path == dir || strings.HasPrefix(path, dir+"/") }
		if !slices.ContainsFunc(shown, within) {
			shown = append(shown, path)
			t.Bind(path, path, mount.Optional)
		}
	}
	for level := range c.View + 1 {
		for _, dir := range append(slices.Clone(systemDirs[level]), systemFiles[level]...) {
			bind(dir)
		}
		for _, link := range systemLinks[level] {
			if content, err := os.Readlink(link); err == nil {
				t.Symlink(content, link)
			} else {
				bind(link)
			}
		}
	}
	for _, pattern := range c.Files {
		paths, _ := filepath.Glob(pattern) // checked when the language was read
		for _, path := range paths {
			bind(path)
		}
	}
	for _, name := range l.toolsOf(c) {
		for _, path := range chain.Tools[name].places() {
			bind(path)
		}
	}
	t.File("/etc/passwd", fmt.Sprintf("root:x:0:0:root:/:/usr/sbin/nologin\nsandbox:x:%d:%d:sandbox:/tmp:/bin/sh\n", insideID, insideID), 0o644)
	t.File("/etc/group", fmt.Sprintf("root:x:0:\nsandbox:x:%d:\n", insideID), 0o644)
	return t.Devices().Proc("/proc", true)
}

// places are what has to be there for a tool. Where many programs are installed
// in one place, that is only the tool itself and the libraries beside it.
func (t FoundTool) places() []string {
	switch t.Prefix {
	case "/", "/usr":
		return []string{t.Path}
	case "/usr/local":
		return []string{t.Path, "/usr/local/lib", "/usr/local/lib64", "/usr/local/include"}
	}
	if within := strings.HasPrefix(t.Path, t.Prefix+"/"); !within {
		return []string{t.Prefix, t.Path}
	}
	return []string{t.Prefix}
}

// toolsOf are the tools that a command calls, sorted.
func (l *Language) toolsOf(c *Command) []string {
	used := slices.Clone(c.Tools)
	texts := slices.Clone(c.Args)
	for _, value := range c.Env {
		texts = append(texts, value)
	}
	for _, text := range texts {
		for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
			if name := strings.TrimSuffix(m[1], ".prefix"); l.Tools[name] != nil {
				used = append(used, name)
			}
		}
	}
	slices.Sort(used)
	return slices.Compact(used)
}
