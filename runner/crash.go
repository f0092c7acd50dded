package runner

import (
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/crash"
)

// Crash is the evidence of a fatal signal. What isn't known is empty.
type Crash struct {
	// Text is all of it in a sentence: "segmentation fault: write to address 0x0
	// (null pointer) in solve() at sol.cpp:17".
	Text   string
	Signal unix.Signal
	// Code is si_code, and CodeName its name, such as SEGV_MAPERR.
	Code     int
	CodeName string
	// Address is that of the memory, if HasAddress.
	Address    uint64
	HasAddress bool
	Access     string // read, write, execute
	IP         uint64
	// Function and Source (file:line) are where in the program it was.
	Function, Source string
	// Hint is the cause in plain words.
	Hint string
	// Backtrace is a line for each function that was running, the innermost first.
	Backtrace []string

	own bool // of the program's first process
}

func newCrash(own bool, e *crash.Evidence) *Crash {
	c := &Crash{
		Signal: e.Signal, Code: e.Code, CodeName: e.CodeName, Address: e.Address, HasAddress: e.HasAddress, Access: string(e.Access),
		IP: e.IP, Function: e.Function, Source: e.Source, Hint: e.Hint, Text: e.String(), own: own,
	}
	for _, f := range e.Backtrace {
		c.Backtrace = append(c.Backtrace, f.String())
	}
	return c
}

type jsonCrash struct {
	Signal    string   `json:"signal"`
	Code      int      `json:"code"`
	CodeName  *string  `json:"code_name"`
	Address   *uint64  `json:"address"`
	Access    *string  `json:"access"`
	IP        uint64   `json:"ip"`
	Function  *string  `json:"function"`
	Source    *string  `json:"source"`
	Hint      *string  `json:"hint"`
	Text      string   `json:"text"`
	Backtrace []string `json:"backtrace"`
}

func (c *Crash) json() *jsonCrash {
	if c == nil {
		return nil
	}
	var address *uint64
	if c.HasAddress {
		address = &c.Address
	}
	return &jsonCrash{
		Signal: signalName(c.Signal), Code: c.Code, CodeName: text(c.CodeName), Address: address, Access: text(c.Access), IP: c.IP,
		Function: text(c.Function), Source: text(c.Source), Hint: text(c.Hint), Text: c.Text, Backtrace: c.Backtrace,
	}
}
