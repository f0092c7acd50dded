package constant

import (
	"math/bits"
	"testing"

	"github.com/stretchr/testify/assert"
	"golang.org/x/sys/unix"
)

func TestText(t *testing.T) {
	for _, test := range []struct {
		set   *Set
		value uint64
		want  string
	}{
		{Family, unix.AF_INET6, "AF_INET6"},
		{Family, 99, "0x63"},
		{Protection, 0, "PROT_NONE"},
		{Protection, 7, "PROT_READ|PROT_WRITE|PROT_EXEC"},
		{Protection, 0x103, "PROT_READ|PROT_WRITE|0x100"},
		{At, 0, "0"},
		{Open, 0, "O_RDONLY"},
		{Open, unix.O_RDWR | unix.O_CREAT | unix.O_TRUNC, "O_RDWR|O_CREAT|O_TRUNC"},
		{Open, unix.O_WRONLY | unix.O_TMPFILE, "O_WRONLY|O_TMPFILE"},
		{Open, unix.O_DIRECTORY, "O_RDONLY|O_DIRECTORY"},
		{Open, unix.O_SYNC, "O_RDONLY|O_SYNC"},
		{Map, unix.MAP_PRIVATE | unix.MAP_ANONYMOUS, "MAP_PRIVATE|MAP_ANONYMOUS"},
		{Map, unix.MAP_SHARED_VALIDATE, "MAP_SHARED_VALIDATE"},
		{Map, 0, "0"},
		{Socket, unix.SOCK_STREAM | unix.SOCK_CLOEXEC, "SOCK_STREAM|SOCK_CLOEXEC"},
		{Socket, 0xf, "0xf"},
		{Directory, 0xffffff9c, "AT_FDCWD"},
		{Directory, 3, "3"},
		{Clone, unix.CLONE_VM | unix.CLONE_THREAD | 1<<40, "CLONE_VM|CLONE_THREAD|0x10000000000"},
	} {
		assert.Equal(t, test.want, test.set.Text(test.value), "%#x", test.value)
	}
}

// TestNames holds that a name has one meaning, and that what is written can be
// read back.
func TestNames(t *testing.T) {
	meaning := map[string]uint64{}
	for name, value := range Names() {
		if other, known := meaning[name]; known {
			assert.Equal(t, other, value, name)
		}
		meaning[name] = value
	}
	assert.Equal(t, uint64(unix.CLONE_NEWUSER), meaning["CLONE_NEWUSER"])
	assert.Greater(t, len(meaning), 300)
}

// TestSetsAreInOrder holds what Text relies on: a choice lies within its mask
// and has one name, a flag lies outside, and larger ones come first.
func TestSetsAreInOrder(t *testing.T) {
	for _, s := range sets() {
		seen := map[uint64]string{}
		for _, c := range s.choices {
			assert.Zero(t, c.value&^s.mask, c.name)
			assert.Empty(t, seen[c.value], c.name)
			seen[c.value] = c.name
		}
		for i, c := range s.bits {
			assert.Zero(t, c.value&s.mask, c.name)
			for _, later := range s.bits[i+1:] {
				if c.value&later.value != 0 {
					assert.Greater(t, bits.OnesCount64(c.value), bits.OnesCount64(later.value), "%s before %s", c.name, later.name)
				}
			}
		}
	}
}
