package language

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/runner"
)

// reasonOf says why a compiler's run is not a good one, "" if it is.
func reasonOf(r *runner.Result) string {
	limit := ""
	if r.Limit != nil {
		limit = fmt.Sprintf(": %d MiB", r.Limit.Value>>20)
		if r.Limit.Name == "cpu" || r.Limit.Name == "wall" {
			limit = fmt.Sprintf(": %d s", r.Limit.Value/1e9)
		}
	}
	switch r.Status {
	case runner.OK:
		return ""
	case runner.MemoryLimit:
		return "the compiler took more memory than it may" + limit
	case runner.TimeLimit:
		return "the compiler took more CPU time than it may" + limit
	case runner.WallLimit:
		return "the compiler took more time than it may" + limit
	case runner.OutputLimit:
		return "the compiler wrote more messages than it may" + limit
	case runner.ForbiddenAccess:
		if r.Violation != nil && r.Violation.Syscall != "" {
			return "the compiler did what it may not: " + r.Violation.Syscall
		}
		return "the compiler did what it may not"
	}
	if r.Limit != nil {
		return "the compiler wrote a larger file than it may" + limit
	}
	if r.Signal != 0 {
		return "the compiler was killed by " + unix.SignalName(r.Signal)
	}
	return fmt.Sprintf("the compiler ended with %d", r.ExitCode)
}

// openToAll sets the modes that a umask may have cut.
func openToAll(dir string) error {
	return filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		return os.Chmod(path, 0o755)
	})
}

// checkProgram refuses what can't be started: a compiler may be content with
// sources that have no main program, and sources that run code while they are
// compiled may write anything. In a judge that would look like a failure of
// the judge's own.
func (l *Language) checkProgram(e *entry) error {
	for i, arg := range l.Run.Args {
		name, ours := strings.CutPrefix(arg, "{out}/")
		if !ours || name == "{main}" && !l.Interpreted {
			continue
		}
		name = strings.ReplaceAll(name, "{main}", e.meta.Main)
		file, err := os.Open(filepath.Join(e.files(), filepath.FromSlash(name)))
		if errors.Is(err, os.ErrNotExist) {
			return refusal("the compiler made no program: is there a main one in the sources?")
		}
		if err != nil {
			return err
		}
		info, err := file.Stat()
		begin := make([]byte, 4)
		if err == nil && info.Mode().IsRegular() {
			_, _ = file.Read(begin) // a shorter file is none of ELF
		}
		file.Close()
		switch {
		case err != nil:
			return err
		case !info.Mode().IsRegular():
			return refusal("the compiler made a directory where the program should be")
		case i == 0 && (info.Mode()&0o111 == 0 || !bytes.Equal(begin, []byte("\x7fELF"))):
			return refusal("what the compiler made is no program")
		}
	}
	return nil
}
