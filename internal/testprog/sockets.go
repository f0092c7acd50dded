package testprog

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Sockets listens in a directory, whose path must be short, at what the program
// race_socket looks for there, until the test ends.
func Sockets(t testing.TB, dir string) {
	t.Helper()
	stream, err := net.Listen("unix", filepath.Join(dir, "stream"))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, stream.Close()) })
	message, err := net.ListenPacket("unixgram", filepath.Join(dir, "message"))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, message.Close()) })
	require.NoError(t, os.WriteFile(filepath.Join(dir, "secret"), nil, 0o644))
	for _, name := range []string{"stream", "message", "secret"} {
		require.NoError(t, os.Chmod(filepath.Join(dir, name), 0o666))
	}
}

// NoSocketNames checks what "race_socket reach" of such a directory has printed: that
// it has reached, made and been told about no name, and that what has no name works.
func NoSocketNames(t testing.TB, dir, output string) {
	t.Helper()
	values := Values(output)
	assert.Greater(t, len(values), 20)
	for name, value := range values {
		switch name {
		case "pair", "udp", "tcp", "nonblocking":
			assert.Equal(t, "ok", value, name)
		case "refused":
			assert.Equal(t, "ECONNREFUSED", value, name)
		case "interrupted":
			assert.Equal(t, "EINTR", value, name)
		default:
			assert.Equal(t, "EACCES", value, name)
		}
	}
	assert.NoFileExists(t, filepath.Join(dir, "new"))
}
