package selftest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"
)

// fieldPlace is where a program sees the field of its attack.
const fieldPlace = "/field"

// field is a directory of this machine that a program may write to, and in it
// what its policy keeps from it:
//
//	public/data, secret/data    six bytes each: PUBLIC, SECRET
//	public/run, secret/run      programs: one exits with 0, the other with neither 0 nor 1
//	dir/data, other             a directory as public, and a link to secret
//	stream, message             sockets at which we listen
type field struct {
	dir     string
	secret  syscall.Stat_t
	sockets []io.Closer
}

// newField makes one.
func (a *Arsenal) newField(ctx context.Context) (_ *field, err error) {
	dir, err := os.MkdirTemp(a.dir, "field-")
	if err != nil {
		return nil, fmt.Errorf("selftest: field: %w", err)
	}
	f := &field{dir: dir}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("selftest: field: %w", err), f.close())
		}
	}()
	good, err := a.Program(ctx, "tiny")
	if err != nil {
		return nil, err
	}
	bad, err := a.Program(ctx, "exit")
	if err != nil {
		return nil, err
	}
	for name, text := range map[string]string{"public": "PUBLIC", "secret": "SECRET", "dir": "PUBLIC"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(dir, name, "data"), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(copyFile(good.path, filepath.Join(dir, "public/run")), copyFile(bad.path, filepath.Join(dir, "secret/run")),
		os.Symlink("secret", filepath.Join(dir, "other")), f.listen()); err != nil {
		return nil, err
	}
	// Nothing but the policy keeps a program from any of it.
	for name, mode := range map[string]os.FileMode{
		".": 0o777, "public": 0o777, "secret": 0o777, "dir": 0o777, "public/data": 0o666, "secret/data": 0o666, "dir/data": 0o666,
		"public/run": 0o755, "secret/run": 0o755, "stream": 0o666, "message": 0o666,
	} {
		if err := os.Chmod(filepath.Join(dir, name), mode); err != nil {
			return nil, err
		}
	}
	return f, syscall.Stat(filepath.Join(dir, "secret/data"), &f.secret)
}

// listen listens at the sockets. Their addresses have no room for the whole path.
func (f *field) listen() error {
	at, err := os.Open(f.dir)
	if err != nil {
		return err
	}
	defer at.Close()
	short := fmt.Sprintf("/proc/self/fd/%d/", at.Fd())
	stream, err := net.ListenUnix("unix", &net.UnixAddr{Name: short + "stream", Net: "unix"})
	if err != nil {
		return err
	}
	stream.SetUnlinkOnClose(false)
	f.sockets = append(f.sockets, stream)
	message, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: short + "message", Net: "unixgram"})
	if err != nil {
		return err
	}
	f.sockets = append(f.sockets, message)
	return nil
}

func copyFile(from, to string) error {
	code, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, code, 0o755)
}

// untouched says what was done to what the policy forbids.
func (f *field) untouched() error {
	var now syscall.Stat_t
	if err := syscall.Stat(filepath.Join(f.dir, "secret/data"), &now); err != nil {
		return fmt.Errorf("the secret is gone: %w", err)
	}
	if now.Ctim != f.secret.Ctim || now.Ino != f.secret.Ino {
		return errors.New("the secret was changed")
	}
	if _, err := os.Lstat(filepath.Join(f.dir, "new")); err == nil {
		return errors.New("a socket was made")
	}
	return nil
}

func (f *field) close() error {
	var errs []error
	for _, s := range f.sockets {
		errs = append(errs, s.Close())
	}
	// What a program has made may be shut to whoever is not root.
	errs = append(errs, filepath.WalkDir(f.dir, func(path string, entry os.DirEntry, _ error) error {
		if entry == nil || !entry.IsDir() {
			return nil
		}
		_ = os.Chmod(path, 0o700) // what can't be helped RemoveAll tells
		return nil
	}), os.RemoveAll(f.dir))
	return errors.Join(errs...)
}
