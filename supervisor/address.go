package supervisor

import (
	"bytes"
	"encoding/binary"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/policy"
)

const (
	addressMax = 128 // sizeof(struct sockaddr_storage)
	familySize = 2   // of its first field, sa_family
)

// address reads the address of a socket, as the kernel does (move_addr_to_kernel).
func (c *Call) address(f *File, arg policy.PathArg) {
	size := c.int32(arg.How)
	if size < 0 || size > addressMax {
		f.Err = unix.EINVAL
		return
	}
	f.Address = make([]byte, size)
	if n, err := c.Memory.Read(c.Data.Args[arg.Path], f.Address); err != nil {
		f.Err = err
		return
	} else if n < size {
		f.Err = unix.EFAULT
		return
	}
	if size <= familySize || binary.NativeEndian.Uint16(f.Address) != unix.AF_UNIX {
		f.Opened = true
		return
	}
	f.Socket = true
	name := f.Address[familySize:]
	if name[0] == 0 {
		f.Given = "@" + string(name[1:])
		return
	}
	name, _, _ = bytes.Cut(name, []byte{0})
	f.Given = string(name)
}
