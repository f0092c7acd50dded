package forkexec

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/script"
)

// The message by which the listener's descriptor gets to the caller, as words
// of one variable: a struct msghdr whose data is one byte of itself, and whose
// control data is one descriptor (unix(7), SCM_RIGHTS).
const (
	messageHeader  = 0 // name, its length, iov, its length, control, its length, flags
	messageVector  = 7 // one struct iovec
	messageControl = 9 // one struct cmsghdr: length, level and type
	messageFD      = messageControl + 2
	messageWords   = messageFD + 1
)

// message is filled in for one start.
func message(in *script.Instance) []uint64 {
	const (
		wordSize = 8
		control  = 16 + 4 // struct cmsghdr and one descriptor
	)
	at := in.Pointer(varMessage)
	return []uint64{
		messageHeader + 2: at + messageVector*wordSize,
		messageHeader + 3: 1,
		messageHeader + 4: at + messageControl*wordSize,
		messageHeader + 5: control + 4, // with padding
		messageVector:     at,
		messageVector + 1: 1,
		messageControl:    control,
		// Little-endian: level first.
		messageControl + 1: unix.SOL_SOCKET | unix.SCM_RIGHTS<<32,
		messageFD:          0,
	}
}

// mails says whether the listener is sent to the caller. A deputy that stands
// makes it in the caller's own table of files.
func (c *Config) mails() bool { return c.Listener && !c.Deputy }

// handOver is what the deputy does when the process has been started: it ends, or
// says so and goes back to where it stands. The listener's descriptor is for the
// deputy to send. The process can't: its filter may forbid that. But the deputy
// shares its table of files until exec, and has no filter.
func (c *compiler) handOver() {
	if c.config.Deputy {
		c.done()
		return
	}
	exit := once("exit", unix.SYS_EXIT_GROUP, script.Int(0))
	exit.Kind = script.Parent
	if c.config.mails() {
		exit.Kind = script.Plain
		send := once("listener", unix.SYS_SENDMSG, script.Value(varMailbox), script.Address(varMessage, messageWords), script.Int(0))
		send.Kind = script.Parent
		c.add(send)
	}
	c.add(exit)
}

// mailbox is a pair of sockets: the deputy sends through the second.
func mailbox() (receive, send int, err error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return -1, -1, fmt.Errorf("forkexec: socketpair for the listener: %w", err)
	}
	return pair[0], pair[1], nil
}

// receiveListener takes the descriptor that the deputy has sent before it ended.
func receiveListener(mailbox int) (*os.File, error) {
	var data [1]byte
	control := make([]byte, unix.CmsgSpace(int(unsafe.Sizeof(int32(0)))))
	_, n, _, _, err := unix.Recvmsg(mailbox, data[:], control, unix.MSG_CMSG_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("forkexec: receive the listener: %w", err)
	}
	messages, err := unix.ParseSocketControlMessage(control[:n])
	if err == nil && len(messages) != 1 {
		err = errors.New("no descriptor came with it")
	}
	if err != nil {
		return nil, fmt.Errorf("forkexec: receive the listener: %w", err)
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 1 {
		return nil, fmt.Errorf("forkexec: receive the listener: %d descriptors: %w", len(fds), err)
	}
	// Nonblocking, so that a reader waits in Go's poller.
	if err := unix.SetNonblock(fds[0], true); err != nil {
		return nil, errors.Join(fmt.Errorf("forkexec: listener: %w", err), unix.Close(fds[0]))
	}
	return os.NewFile(uintptr(fds[0]), "seccomp listener"), nil
}
