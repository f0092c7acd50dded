package supervisor_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/supervisor"
)

// The address of a socket is read as the kernel reads it, and none that has a
// name in it is taken for one that hasn't.
func TestAddresses(t *testing.T) {
	family := func(number byte, rest string) string { return string([]byte{number, 0}) + rest }
	for _, c := range []struct {
		address any
		size    int
		want    supervisor.File
	}{
		{family(unix.AF_UNIX, "/run/x"), 9, supervisor.File{Socket: true, Given: "/run/x"}},
		{family(unix.AF_UNIX, "/run/x"), 7, supervisor.File{Socket: true, Given: "/run/"}}, // the size ends it
		{family(unix.AF_UNIX, "../x\x00y"), 8, supervisor.File{Socket: true, Given: "../x"}},
		{family(unix.AF_UNIX, "\x00name"), 7, supervisor.File{Socket: true, Given: "@name"}},
		{family(unix.AF_UNIX, "/run/x"), 2, supervisor.File{Opened: true}}, // the kernel chooses a name, of no file
		{family(unix.AF_INET, "/run/x"), 9, supervisor.File{Opened: true}},
		{family(unix.AF_UNSPEC, "/run/x"), 9, supervisor.File{Opened: true}},
		{string([]byte{unix.AF_UNIX, 1}) + "/run/x", 9, supervisor.File{Opened: true}},
		{family(unix.AF_UNIX, strings.Repeat("x", 200)), 129, supervisor.File{Err: unix.EINVAL}},
		{family(unix.AF_UNIX, "/run/x"), -1, supervisor.File{Err: unix.EINVAL}},
		{"", 0, supervisor.File{Opened: true}},
		{1, 16, supervisor.File{Err: unix.EFAULT}},
		{0, 16, supervisor.File{Err: unix.EFAULT}},
	} {
		for _, call := range []string{"bind", "connect"} {
			got := ask(t, call, 3, c.address, uint64(c.size)&0xffffffff|upper)
			require.Len(t, got.Files, 1)
			f := got.Files[0]
			assert.Equal(t, c.want.Socket, f.Socket, "%q %d", c.address, c.size)
			assert.Equal(t, c.want.Opened, f.Opened, "%q %d", c.address, c.size)
			assert.Equal(t, c.want.Given, f.Given, "%q %d", c.address, c.size)
			assert.Equal(t, c.want.Err, f.Err, "%q %d", c.address, c.size)
			assert.Empty(t, f.Path)
		}
	}
}
