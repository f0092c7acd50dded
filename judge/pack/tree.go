package pack

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/judge"
)

// What a package may have at most. A package of a real contest is far below.
const (
	maxFiles       = 100_000
	maxDepth       = 24
	maxTestSize    = 1 << 30   // bytes of an input or an answer
	maxTextSize    = 256 << 10 // of a file of settings
	maxXMLSize     = 16 << 20  // of problem.xml
	maxProgramSize = 16 << 20  // of all sources of one program
)

// tree is a package's files: looked at once, and opened only in such a way that
// nothing outside of the package can be meant.
type tree struct {
	dir   string // absolute
	root  *os.Root
	nodes map[string]*node // by path from the root, "." for the root
	left  int              // how many more there may be
}

// node is a file or a directory.
type node struct {
	dir      bool
	size     int64
	children []string // names, sorted
}

// openTree looks at all that is in a package, if that are no more files than so
// many.
func openTree(dir string, files int) (_ *tree, err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	t := &tree{dir: dir, root: root, nodes: map[string]*node{}, left: files}
	if err := t.scan(".", 0); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return t, nil
}

func (t *tree) close() error { return t.root.Close() }

// scan reads a directory, a piece at a time.
func (t *tree) scan(dir string, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("%s: directories in directories, more than %d deep", dir, maxDepth)
	}
	n := &node{dir: true}
	t.nodes[dir] = n
	file, err := t.root.Open(dir)
	if err != nil {
		return err
	}
	defer file.Close()
	for {
		entries, err := file.ReadDir(1024)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
		for _, e := range entries {
			if t.left--; t.left < 0 {
				return fmt.Errorf("too many files, here in %s: this can't be a problem package", dir)
			}
			// Version control and editors have files of their own in packages.
			if strings.HasPrefix(e.Name(), ".") && e.Name() != timelimitFile {
				continue
			}
			if err := t.add(path.Join(dir, e.Name()), e, depth); err != nil {
				return err
			}
			if t.nodes[path.Join(dir, e.Name())] != nil {
				n.children = append(n.children, e.Name())
			}
		}
	}
	slices.Sort(n.children)
	return nil
}

// add takes a directory's entry in, or says why it may not be.
func (t *tree) add(name string, e fs.DirEntry, depth int) error {
	link := e.Type()&fs.ModeSymlink != 0
	info, err := t.root.Stat(name) // follows links, but not to the outside
	if err != nil {
		if link {
			return fmt.Errorf("%q is a symbolic link to nothing in the package (%w): put the file in its place", name, err)
		}
		return err
	}
	switch {
	case info.Mode().IsRegular():
		t.nodes[name] = &node{size: info.Size()}
	case info.IsDir() && link:
		return fmt.Errorf("%q is a symbolic link to a directory: put the files in its place", name)
	case info.IsDir():
		return t.scan(name, depth+1)
	default:
		return fmt.Errorf("%q is neither file nor directory (%s): take it away", name, info.Mode().Type())
	}
	return nil
}

// file and isDir say what is there.
func (t *tree) file(name string) bool {
	n := t.nodes[path.Clean(name)]
	return n != nil && !n.dir
}

func (t *tree) isDir(name string) bool {
	n := t.nodes[path.Clean(name)]
	return n != nil && n.dir
}

// list are the names in a directory, sorted; none if it isn't there.
func (t *tree) list(dir string) []string {
	if n := t.nodes[path.Clean(dir)]; n != nil {
		return n.children
	}
	return nil
}

// read reads a file that is no larger than that.
func (t *tree) read(name string, most int64) ([]byte, error) {
	file, err := t.root.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: is no regular file any more", name)
	}
	data, err := io.ReadAll(io.LimitReader(file, most+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if int64(len(data)) > most {
		return nil, fmt.Errorf("%s: is larger than %d bytes, the most that is read", name, most)
	}
	return data, nil
}

// testFile is the path of an input or an answer; it is not read here.
func (t *tree) testFile(name string) (string, error) {
	n := t.nodes[path.Clean(name)]
	if n == nil || n.dir {
		return "", fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	if n.size > maxTestSize {
		return "", fmt.Errorf("%s: has %d bytes, more than the %d that a test may have", name, n.size, int64(maxTestSize))
	}
	return filepath.Join(t.dir, filepath.FromSlash(name)), nil
}

// program reads a program: a file, or all files in a directory and those below.
// Names are relative to it.
func (t *tree) program(name string) ([]judge.Source, error) {
	if t.file(name) {
		content, err := t.read(name, maxProgramSize)
		if err != nil {
			return nil, err
		}
		return []judge.Source{{Name: path.Base(name), Content: content}}, nil
	}
	var sources []judge.Source
	left := int64(maxProgramSize)
	var walk func(dir, prefix string) error
	walk = func(dir, prefix string) error {
		for _, child := range t.list(dir) {
			from, to := path.Join(dir, child), path.Join(prefix, child)
			if t.isDir(from) {
				if err := walk(from, to); err != nil {
					return err
				}
				continue
			}
			content, err := t.read(from, left)
			if err != nil {
				return err
			}
			left -= int64(len(content))
			sources = append(sources, judge.Source{Name: to, Content: content})
		}
		return nil
	}
	if err := walk(name, ""); err != nil {
		return nil, err
	}
	if len(sources) == 0 {
		return nil, fmt.Errorf("%s: no files in it", name)
	}
	return sources, nil
}
