package script

import (
	"errors"
	"fmt"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// row is a Call as the walker reads it. The assembly knows this layout.
type row struct {
	kind uint64
	nr   uintptr
	args [6]uintptr
	// relative and load have a bit for each argument: relative, the argument
	// is an offset from the instance's words; load, it is replaced by the
	// word it points at.
	relative, load uint64
	ignore         [2]uint64 // as the kernel returns them: -errno; 0 matches no error
	out            uint64    // offset of the word that takes the result
	parent         uint64    // Fork: how far ahead the caller of the clone goes on
}

// The first words of every instance. The assembly knows these too.
const (
	wordFailedRow = iota // address of the row that failed, 0 while none has
	wordErrno
	wordDiscard // where results go that nobody asked for
	firstFree
)

const wordSize = 8

// Program is an assembled script. It is immutable: any number of starts may
// use it at once.
type Program struct {
	calls []Call
	rows  []row
	data  []uint64 // what the rows point at; kept here because they hold addresses only
	vars  map[Var]room
	words int
	stand int // the Stand row, -1 if there is none
}

// room is where a Var's words lie in an instance.
type room struct{ at, words int }

// Assemble lays calls out for the walker. The last call, and the one before a
// [Parent] row, must be one that does not return when it succeeds (execve,
// exit_group), or a [Stand] or [Back] row.
func Assemble(calls []Call) (*Program, error) {
	p := &Program{calls: calls, rows: make([]row, len(calls)), vars: make(map[Var]room), words: firstFree, stand: -1}
	size := 0
	for i := range calls {
		if calls[i].Kind == Fork && forward(calls, i) == 0 {
			return nil, fmt.Errorf("%s: no row says what the caller of the clone does next", calls[i].Where())
		}
		if calls[i].Kind == Stand {
			p.stand = i
		}
		if err := check(&calls[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", calls[i].Where(), err)
		}
		if v := calls[i].Out; v != "" {
			p.reserve(v, calls[i].OutWord+1)
		}
		for _, v := range calls[i].Uses {
			p.reserve(v, 1)
		}
		for _, arg := range calls[i].Args {
			switch arg.kind {
			case pointer:
				size += stringWords(arg.data)
			case vector:
				size += len(arg.list) + 1
				for _, s := range arg.list {
					size += stringWords(s)
				}
			case variable:
				p.reserve(arg.name, 1)
			case reference:
				p.reserve(arg.name, int(arg.value))
			}
		}
	}
	// Allocated once and full from here on: the rows hold addresses in it.
	p.data = make([]uint64, 0, size)
	for i := range calls {
		p.layOut(&p.rows[i], &calls[i])
		if calls[i].Kind == Fork {
			p.rows[i].parent = uint64(forward(calls, i)) * uint64(unsafe.Sizeof(row{}))
		}
	}
	return p, nil
}

// forward is how many rows lie between a Fork and what its caller does next.
func forward(calls []Call, fork int) int {
	for i := range calls[fork:] {
		if calls[fork+i].Kind == Parent {
			return i
		}
	}
	return 0 // check has refused such a script
}

// check refuses what the walker would misread.
func check(c *Call) error {
	if len(c.Args) > 6 {
		return fmt.Errorf("%d arguments, a system call takes six", len(c.Args))
	}
	if len(c.Ignore) > 2 {
		return errors.New("more than two errors to ignore")
	}
	for _, arg := range c.Args {
		for _, s := range append([]string{arg.data}, arg.list...) {
			if arg.text == "" && strings.IndexByte(s, 0) >= 0 {
				return fmt.Errorf("%q contains a NUL byte: %w", s, unix.EINVAL)
			}
		}
	}
	return nil
}

// reserve gives v its words. A later, larger wish moves it: no row has been
// laid out yet.
func (p *Program) reserve(v Var, words int) {
	if had, ok := p.vars[v]; !ok || had.words < words {
		p.vars[v] = room{at: p.words, words: words}
		p.words += words
	}
}

func (p *Program) layOut(r *row, c *Call) {
	r.kind, r.nr, r.out = uint64(c.Kind), c.Nr, wordDiscard*wordSize
	if c.Out != "" {
		r.out = uint64(p.vars[c.Out].at+c.OutWord) * wordSize
	}
	for i, errno := range c.Ignore {
		r.ignore[i] = -uint64(errno)
	}
	for i, arg := range c.Args {
		switch arg.kind {
		case immediate:
			r.args[i] = arg.value
		case pointer:
			r.args[i] = p.store(arg.data)
		case vector:
			addresses := make([]uint64, 0, len(arg.list)+1)
			for _, s := range arg.list {
				addresses = append(addresses, uint64(p.store(s)))
			}
			start := len(p.data)
			p.data = append(append(p.data, addresses...), 0)
			r.args[i] = uintptr(unsafe.Pointer(&p.data[start]))
		case variable, reference:
			r.args[i] = uintptr(p.vars[arg.name].at * wordSize)
			r.relative |= 1 << i
			if arg.kind == variable {
				r.load |= 1 << i
			}
		}
	}
}

// stringWords is the room that s takes with its NUL.
func stringWords(s string) int { return len(s)/wordSize + 1 }

// store copies s and a NUL, and returns the copy's address.
func (p *Program) store(s string) uintptr {
	start := len(p.data)
	p.data = p.data[:start+stringWords(s)]
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&p.data[start])), len(s)), s)
	return uintptr(unsafe.Pointer(&p.data[start]))
}

// String prints the script, one call a line, with the step it belongs to.
func (p *Program) String() string {
	var text strings.Builder
	for _, c := range p.calls {
		fmt.Fprintf(&text, "%-24s %s\n", c.Where(), c)
	}
	return text.String()
}
