// Package constant names the numbers that arguments of system calls are made
// of.
//
// Its one idea: a number means something only as the argument that it is, so
// names come in sets, one for each kind of argument. Policies read their
// constants from these sets; traces and violations are written with them.
package constant

import (
	"iter"
	"strconv"
	"strings"
)

// Set is how arguments of one kind are written: by one name, as any number of
// flags, or as a choice in some of the bits and flags in the others.
type Set struct {
	mask    uint64     // the bits of the choice
	choices []constant // at most one holds
	bits    []constant // of two that overlap, the larger first; 0 is the name of none
}

type constant struct {
	name  string
	value uint64
}

// all is the mask of a set that is nothing but a choice.
const all = ^uint64(0)

// Text writes v: names joined by bars, and what has no name as a number.
func (s *Set) Text(v uint64) string {
	var parts []string
	rest := v
	if s.mask != 0 {
		picked := v & s.mask
		for _, c := range s.choices {
			if c.value == picked {
				parts, rest = append(parts, c.name), rest&^s.mask
				break
			}
		}
	}
	for _, c := range s.bits {
		if c.value != 0 && rest&c.value == c.value || c.value == 0 && v == 0 {
			parts, rest = append(parts, c.name), rest&^c.value
		}
	}
	if rest != 0 || len(parts) == 0 {
		parts = append(parts, Number(rest))
	}
	return strings.Join(parts, "|")
}

// Number writes small numbers in decimal, since they are more often counts than
// bits, and all others in hexadecimal.
func Number(v uint64) string {
	if v < 10 {
		return strconv.FormatUint(v, 10)
	}
	return "0x" + strconv.FormatUint(v, 16)
}

// Names are all names of all sets and their values. Some names are in several
// sets, with the same value.
func Names() iter.Seq2[string, uint64] {
	return func(yield func(string, uint64) bool) {
		for _, s := range sets() {
			for _, list := range [][]constant{s.choices, s.bits} {
				for _, c := range list {
					if !yield(c.name, c.value) {
						return
					}
				}
			}
		}
	}
}
