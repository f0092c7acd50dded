package selftest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
)

// Host listens outside of all sandboxes, for programs that look for somebody to
// talk to.
type Host struct {
	tcp, unix net.Listener
}

// NewHost listens on a port of the loopback and on an abstract socket.
func NewHost() (*Host, error) {
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("selftest: %w", err)
	}
	unix, err := net.Listen("unix", fmt.Sprintf("@bailiff-selftest-%d", os.Getpid()))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("selftest: %w", err), tcp.Close())
	}
	return &Host{tcp, unix}, nil
}

// Close stops listening.
func (h *Host) Close() error { return errors.Join(h.tcp.Close(), h.unix.Close()) }

func (h *Host) replace(command string) string {
	_, port, _ := net.SplitHostPort(h.tcp.Addr().String())
	return strings.NewReplacer(hostPort, port, hostSocket, h.unix.Addr().String()).Replace(command)
}
