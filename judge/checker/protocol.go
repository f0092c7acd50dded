package checker

import "fmt"

// Protocol is how a program checker is called and answers.
type Protocol uint8

// The protocols.
const (
	// Kattis is that of the ICPC and Kattis problem package format: arguments
	// input, answer, feedback directory; the output on stdin; exit 42 accepted,
	// 43 wrong answer.
	Kattis Protocol = iota
	// Testlib is that of testlib.h: arguments input, output, answer; the exit
	// codes of quitf.
	Testlib
)

var protocolNames = [...]string{Kattis: "kattis", Testlib: "testlib"}

// String returns the protocol's name.
func (p Protocol) String() string {
	if int(p) < len(protocolNames) {
		return protocolNames[p]
	}
	return fmt.Sprintf("protocol(%d)", uint8(p))
}

// MarshalText writes the protocol's name.
func (p Protocol) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads a protocol's name.
func (p *Protocol) UnmarshalText(text []byte) error {
	for i, name := range protocolNames {
		if name == string(text) {
			*p = Protocol(i)
			return nil
		}
	}
	return fmt.Errorf("checker: no protocol %q: have %q", text, protocolNames)
}
