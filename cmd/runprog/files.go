package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/bailiff-judge/bailiff/runner"
)

// files are those that a run opens: before it starts, so that a wrong path
// costs no run.
type files struct {
	opened []*os.File
	// report goes to this file; nil is stderr. If final is not "", it is
	// renamed to that when it is complete.
	result *os.File
	final  string
}

// open opens the files of the flags and puts the streams into spec.
func (o *runOptions) open(spec *runner.Spec) (_ *files, err error) {
	f := new(files)
	defer func() {
		if err != nil {
			f.discard()
		}
	}()
	stdin, err := f.openOr(os.Stdin, "stdin", o.stdin, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	stdout, err := f.openOr(os.Stdout, "stdout", o.stdout, os.O_WRONLY|os.O_CREATE)
	if err != nil {
		return nil, err
	}
	stderr, err := f.openOr(os.Stderr, "stderr", o.stderr, os.O_WRONLY|os.O_CREATE)
	if err != nil {
		return nil, err
	}
	if err := f.openResult("result", o.result); err != nil {
		return nil, err
	}
	// Nothing is truncated before all could be opened and told apart.
	for _, out := range []struct{ flag, path string }{{"stdout", o.stdout}, {"stderr", o.stderr}} {
		switch {
		case out.path == "":
		case o.stdin != "" && samePath(out.path, o.stdin):
			return nil, fmt.Errorf("--%s %q is the file of --stdin, and would be emptied: name another", out.flag, out.path)
		case o.result != "" && samePath(out.path, o.result):
			return nil, fmt.Errorf("--%s %q is the file of --result, too: name another", out.flag, out.path)
		default:
			if err := truncate(out.path); err != nil {
				return nil, fmt.Errorf("--%s: %w", out.flag, err)
			}
		}
	}
	if o.stdout != "" && o.stderr != "" && samePath(o.stdout, o.stderr) {
		stderr = stdout // one offset, as 2>&1 has
	}
	spec.Stdin, spec.Stdout, spec.Stderr = stdin, stdout, stderr
	switch o.trace {
	case "":
	case "-":
		spec.Trace = os.Stderr
	default:
		file, err := f.openOr(nil, "trace", o.trace, os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
		if err != nil {
			return nil, err
		}
		spec.Trace = file
	}
	return f, nil
}

// openOr opens a flag's file; without one it is the command's own stream.
func (f *files) openOr(own *os.File, flag, path string, how int) (*os.File, error) {
	if path == "" {
		return own, nil
	}
	file, err := os.OpenFile(path, how, 0o666)
	if err != nil {
		return nil, fmt.Errorf("--%s: %w", flag, err)
	}
	f.opened = append(f.opened, file)
	info, err := file.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s is a directory: name a file", path)
	}
	if err != nil {
		return nil, fmt.Errorf("--%s: %w", flag, err)
	}
	return file, nil
}

// openResult makes the file that becomes the result: beside it, so that a
// reader sees all of the result or none. What is no regular file, such as
// /dev/fd/3, is written in place.
func (f *files) openResult(flag, path string) error {
	if path == "" {
		return nil
	}
	info, err := os.Lstat(path)
	switch {
	case err == nil && info.IsDir():
		err = fmt.Errorf("%s is a directory: name a file", path)
	case err == nil && !info.Mode().IsRegular():
		f.result, err = os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	case err == nil || errors.Is(err, fs.ErrNotExist):
		part := fmt.Sprintf("%s.%d.part", path, os.Getpid())
		f.result, err = os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
		if err == nil {
			f.final = path
		}
	}
	if err != nil {
		if of, ok := errors.AsType[*fs.PathError](err); ok {
			err = of.Err // its path may be that of the part
		}
		return fmt.Errorf("--%s %s: %w", flag, path, err)
	}
	return nil
}

// report writes the result to where it belongs.
func (f *files) report(format string, result *runner.Result) error {
	text, err := render(format, result)
	if err != nil {
		return err
	}
	if f.result == nil {
		_, err := os.Stderr.Write(text)
		return err
	}
	if _, err := f.result.Write(text); err != nil {
		return fmt.Errorf("--result: %w", err)
	}
	if err := f.finish(); err != nil {
		return fmt.Errorf("--result: %w", err)
	}
	return nil
}

// finish puts the complete result into its place.
func (f *files) finish() error {
	if f.final == "" {
		return nil
	}
	if err := os.Rename(f.result.Name(), f.final); err != nil {
		return err
	}
	f.final = ""
	return nil
}

// discard closes everything. A result that was not written leaves nothing.
func (f *files) discard() {
	for _, file := range f.opened {
		file.Close()
	}
	if f.result != nil {
		f.result.Close()
	}
	if f.final != "" {
		os.Remove(f.result.Name())
	}
}

// truncate empties a regular file; a device or pipe has nothing to empty.
func truncate(path string) error {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return err
	}
	return os.Truncate(path, 0)
}

func samePath(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}
