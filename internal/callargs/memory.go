package callargs

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/constant"
)

// How much of what a pointer leads to is shown.
const (
	longestText    = 64
	longestPath    = 256
	mostElements   = 8    // of an array
	mostVariables  = 4096 // of an environment, which is only counted
	largestAddress = 128  // sizeof(struct sockaddr_storage)
)

// read is up to n bytes at an address: what can be read of them, nil if that is
// nothing.
func (c *call) read(address uint64, n int) []byte {
	if c.memory == nil || address == 0 || n <= 0 {
		return nil
	}
	data := make([]byte, n)
	got, err := c.memory.Read(address, data)
	if err != nil || got <= 0 || got > n {
		return nil
	}
	return data[:got]
}

// words is the same for 64-bit numbers; those that are cut off are left out.
func (c *call) words(address uint64, n int) []uint64 {
	data := c.read(address, 8*n)
	list := make([]uint64, len(data)/8)
	for i := range list {
		list[i] = binary.LittleEndian.Uint64(data[8*i:])
	}
	return list
}

// struct64 is a struct of n 64-bit fields, and whether all can be read.
func (c *call) struct64(address uint64, n int) ([]uint64, bool) {
	list := c.words(address, n)
	return list, len(list) == n
}

// text is a string that ends with a NUL.
func (c *call) text(address uint64, longest int) string {
	data := c.read(address, longest+1)
	if data == nil {
		return pointer(address)
	}
	if end := bytes.IndexByte(data, 0); end >= 0 {
		return strconv.Quote(string(data[:end]))
	}
	return strconv.Quote(string(data[:min(len(data), longest)])) + "..."
}

// bytes is a string with a length.
func (c *call) bytes(address, length uint64) string {
	if length == 0 && address != 0 && c.memory != nil {
		return `""`
	}
	data := c.read(address, int(min(length, longestText)))
	if data == nil {
		return pointer(address)
	}
	text := strconv.Quote(string(data))
	if uint64(len(data)) < length {
		text += "..."
	}
	return text
}

func path(c *call, i int) string { return c.text(c.args[i], longestPath) }

func in(c *call, i int) string { return c.bytes(c.args[i], c.arg(i+1)) }

// array writes up to mostElements of count elements.
func array(count uint64, element func(i uint64) (string, bool)) (string, bool) {
	var parts []string
	for i := range min(count, mostElements) {
		text, ok := element(i)
		if !ok {
			if i == 0 {
				return "", false
			}
			return "[" + strings.Join(parts, ", ") + ", ...]", true
		}
		parts = append(parts, text)
	}
	if count > mostElements {
		parts = append(parts, "...")
	}
	return "[" + strings.Join(parts, ", ") + "]", true
}

func (c *call) iov(address, count uint64) string {
	text, ok := array(count, func(i uint64) (string, bool) {
		v, ok := c.struct64(address+16*i, 2)
		if !ok {
			return "", false
		}
		return fmt.Sprintf("{iov_base=%s, iov_len=%d}", c.bytes(v[0], v[1]), v[1]), true
	})
	if !ok {
		return pointer(address)
	}
	return text
}

func iov(c *call, i int) string { return c.iov(c.args[i], uint64(c.uint(i+1))) }

func argv(c *call, i int) string {
	list := c.words(c.args[i], mostElements+1)
	if len(list) == 0 {
		return pointer(c.args[i])
	}
	var parts []string
	for n, argument := range list {
		switch {
		case argument == 0:
			return "[" + strings.Join(parts, ", ") + "]"
		case n < mostElements:
			parts = append(parts, c.text(argument, longestText))
		}
	}
	return "[" + strings.Join(parts, ", ") + ", ...]"
}

func envp(c *call, i int) string {
	if c.memory == nil || c.args[i] == 0 {
		return pointer(c.args[i])
	}
	const step = 64
	count := 0
	for count < mostVariables {
		list := c.words(c.args[i]+8*uint64(count), step)
		for _, variable := range list {
			if variable == 0 {
				return fmt.Sprintf("%s /* %d vars */", pointer(c.args[i]), count)
			}
			count++
		}
		if len(list) < step {
			break
		}
	}
	return pointer(c.args[i])
}

// how is a struct open_how.
func how(c *call, i int) string {
	v, ok := c.struct64(c.args[i], 3)
	if !ok || c.arg(i+1) < 24 {
		return pointer(c.args[i])
	}
	text := "{flags=" + constant.Open.Text(v[0])
	if v[1] != 0 {
		text += ", mode=" + octal(v[1])
	}
	return text + ", resolve=" + constant.Resolve.Text(v[2]) + "}"
}

// clone3 is the part of a struct clone_args that there always is.
func clone3(c *call, i int) string {
	v, ok := c.struct64(c.args[i], 8)
	if !ok || c.arg(i+1) < 64 {
		return pointer(c.args[i])
	}
	return fmt.Sprintf("{flags=%s, exit_signal=%s, stack=%s, stack_size=%s}",
		constant.Clone.Text(v[0]), signal(v[4]), pointer(v[5]), constant.Number(v[6]))
}

// signals is a set of them; of a set with more in it than not, those that aren't.
func signals(set uint64) string {
	prefix := ""
	count := 0
	for bit := range 64 {
		count += int(set >> bit & 1)
	}
	if count > 32 {
		prefix, set = "~", ^set
	}
	var parts []string
	for bit := range 64 {
		if set>>bit&1 != 0 {
			parts = append(parts, signal(uint64(bit)+1))
		}
	}
	return prefix + "[" + strings.Join(parts, " ") + "]"
}

func sigset(c *call, i int) string {
	v, ok := c.struct64(c.args[i], 1)
	if !ok {
		return pointer(c.args[i])
	}
	return signals(v[0])
}

// sigaction is the kernel's, not libc's: handler, flags, restorer, mask.
func sigaction(c *call, i int) string {
	v, ok := c.struct64(c.args[i], 4)
	if !ok {
		return pointer(c.args[i])
	}
	return fmt.Sprintf("{sa_handler=%s, sa_mask=%s, sa_flags=%s}",
		constant.SignalHandler.Text(v[0]), signals(v[3]), constant.SignalAction.Text(v[1]))
}

func (c *call) timespec(address uint64) string {
	v, ok := c.struct64(address, 2)
	if !ok {
		return pointer(address)
	}
	return fmt.Sprintf("{tv_sec=%d, tv_nsec=%d}", int64(v[0]), int64(v[1]))
}

func timespec(c *call, i int) string { return c.timespec(c.args[i]) }

func times(c *call, i int) string {
	if c.args[i] == 0 || c.read(c.args[i], 32) == nil {
		return pointer(c.args[i])
	}
	return "[" + c.timespec(c.args[i]) + ", " + c.timespec(c.args[i]+16) + "]"
}

// futexTime is a time for the operations that wait, else a number.
func futexTime(c *call, i int) string {
	switch c.uint(1) & 0x7f {
	case 0, 6, 9, 11, 13: // FUTEX_WAIT, _LOCK_PI, _WAIT_BITSET, _WAIT_REQUEUE_PI, _LOCK_PI2
		return timespec(c, i)
	}
	return constant.Number(c.args[i])
}

func limit(c *call, i int) string {
	v, ok := c.struct64(c.args[i], 2)
	if !ok {
		return pointer(c.args[i])
	}
	value := func(v uint64) string {
		if v == math.MaxUint64 {
			return "RLIM_INFINITY"
		}
		return strconv.FormatUint(v, 10)
	}
	return fmt.Sprintf("{rlim_cur=%s, rlim_max=%s}", value(v[0]), value(v[1]))
}

func polls(c *call, i int) string {
	text, ok := array(uint64(c.uint(i+1)), func(n uint64) (string, bool) {
		v, ok := c.struct64(c.args[i]+8*n, 1)
		if !ok {
			return "", false
		}
		return fmt.Sprintf("{fd=%d, events=%s}", int32(v[0]), constant.Poll.Text(v[0]>>32&0xffff)), true
	})
	if !ok {
		return pointer(c.args[i])
	}
	return text
}

func address(c *call, i int) string { return c.address(c.args[i], uint64(c.uint(i+1))) }

// address is a struct sockaddr.
func (c *call) address(at, length uint64) string {
	data := c.read(at, int(min(length, largestAddress)))
	if len(data) < 2 {
		return pointer(at)
	}
	family := binary.LittleEndian.Uint16(data)
	text := "{sa_family=" + constant.Family.Text(uint64(family))
	data = data[2:]
	switch {
	case family == unix.AF_UNIX && len(data) > 1 && data[0] == 0: // abstract
		text += ", sun_path=@" + strconv.Quote(string(data[1:]))
	case family == unix.AF_UNIX:
		name, _, _ := bytes.Cut(data, []byte{0})
		text += ", sun_path=" + strconv.Quote(string(name))
	case family == unix.AF_INET && len(data) >= 6:
		ip, _ := netip.AddrFromSlice(data[2:6])
		text += fmt.Sprintf(", sin_port=htons(%d), sin_addr=inet_addr(%q)", binary.BigEndian.Uint16(data), ip)
	case family == unix.AF_INET6 && len(data) >= 22:
		ip, _ := netip.AddrFromSlice(data[6:22])
		text += fmt.Sprintf(", sin6_port=htons(%d), sin6_addr=%q", binary.BigEndian.Uint16(data), ip)
	default:
		text += ", sa_data=" + strconv.Quote(string(data[:min(len(data), 14)]))
	}
	return text + "}"
}

// messageHeader is a struct msghdr.
func messageHeader(c *call, i int) string {
	v, ok := c.struct64(c.args[i], 7)
	if !ok {
		return pointer(c.args[i])
	}
	text := "{"
	if v[0] != 0 {
		text += "msg_name=" + c.address(v[0], uint64(uint32(v[1]))) + ", "
	}
	text += "msg_iov=" + c.iov(v[2], v[3])
	if v[5] != 0 {
		text += fmt.Sprintf(", msg_controllen=%d", v[5])
	}
	return text + "}"
}
