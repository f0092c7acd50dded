package seccomp

import (
	"slices"

	"golang.org/x/sys/unix"
)

// layOut puts the nodes that root leads to in a row. Jumps go forward only,
// and a conditional one no more than 255 instructions. So the row is built
// from its end: what a node leads to is in place before it, and where that is
// too far off, a stepping stone is placed right behind the node, for it and
// for those that come after it.
func layOut(root *node) []unix.SockFilter {
	l := &layout{at: make(map[*node]int)}
	l.place(root)
	slices.Reverse(l.row)
	return l.row
}

type layout struct {
	row []unix.SockFilter // backwards
	at  map[*node]int     // where a node, or the nearest way to it, stands
}

func (l *layout) place(n *node) {
	if _, placed := l.at[n]; placed {
		return
	}
	instruction := unix.SockFilter{Code: n.code, K: n.k}
	switch {
	case n.no != nil:
		l.place(n.yes)
		l.place(n.no)
		const far = 255
		for l.distance(n.yes) > far || l.distance(n.no) > far {
			if l.distance(n.yes) > far {
				l.stone(n.yes)
			}
			if l.distance(n.no) > far {
				l.stone(n.no)
			}
		}
		instruction.Jt, instruction.Jf = uint8(l.distance(n.yes)), uint8(l.distance(n.no))
	case n.yes != nil:
		l.place(n.yes)
		if l.distance(n.yes) > 0 {
			l.stone(n.yes)
		}
	}
	l.at[n] = len(l.row)
	l.row = append(l.row, instruction)
}

// distance is how many instructions lie between the next to be placed and n.
func (l *layout) distance(n *node) int { return len(l.row) - l.at[n] - 1 }

// stone is a copy of a return, or else a jump, which has 32 bits of distance.
func (l *layout) stone(n *node) {
	instruction := unix.SockFilter{Code: n.code, K: n.k}
	if n.code != codeReturn {
		instruction = unix.SockFilter{Code: codeJump, K: uint32(l.distance(n))}
	}
	l.at[n] = len(l.row)
	l.row = append(l.row, instruction)
}
