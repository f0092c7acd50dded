package forkexec

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// SealedCopy copies a program into memory that nobody can change any more
// (memfd_create(2), fcntl(2) F_ADD_SEALS), to be executed by file
// ([Config.ExecFile]). A program that was checked is then the program that
// runs, and no writer of the original can make it ETXTBSY. The name shows in
// /proc/PID/exe. The memory is charged to whoever calls.
func SealedCopy(name string, program io.Reader) (*os.File, error) {
	fd, err := memfd(name)
	if err != nil {
		return nil, fmt.Errorf("forkexec: memfd_create %s: %w", name, err)
	}
	file := os.NewFile(uintptr(fd), "memfd:"+name)
	if _, err := io.Copy(file, program); err != nil {
		file.Close()
		return nil, fmt.Errorf("forkexec: copy %s: %w", name, err)
	}
	const seals = unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE
	if _, err := unix.FcntlInt(file.Fd(), unix.F_ADD_SEALS, seals); err != nil {
		file.Close()
		return nil, fmt.Errorf("forkexec: seal %s: %w", name, err)
	}
	return file, nil
}

// memfd asks for an executable one, which since Linux 6.3 must be said; older
// kernels don't know the flag.
func memfd(name string) (int, error) {
	const flags = unix.MFD_CLOEXEC | unix.MFD_ALLOW_SEALING
	fd, err := unix.MemfdCreate(name, flags|unix.MFD_EXEC)
	if err == unix.EINVAL {
		return unix.MemfdCreate(name, flags)
	}
	return fd, err
}
