// Package rlimit describes resource limits (getrlimit(2)).
//
// Its one idea: one table with the kernel's sixteen resources, their names
// and units, drives everything: the text form, its errors, help, and the
// prlimit64 calls that a child makes.
//
//	limits := rlimit.Set{
//		rlimit.CPU:   rlimit.Range(1, 2),  // seconds: SIGXCPU after one, SIGKILL after two
//		rlimit.Files: rlimit.Exactly(64),
//		rlimit.Core:  rlimit.Exactly(0),
//	}
//	limits.String() // "cpu=1s:2s,core=0,nofile=64"
package rlimit

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/nearest"
	"github.com/bailiff-judge/bailiff/internal/script"
)

// Unlimited is RLIM_INFINITY: no limit.
const Unlimited uint64 = unix.RLIM_INFINITY

// ErrSoftAboveHard is matched by the error for a soft limit above its hard
// limit, which the kernel refuses with EINVAL.
var ErrSoftAboveHard = errors.New("the soft limit is above the hard one")

// Limit is the soft limit, which the kernel enforces, and the hard limit, up
// to which the process itself may raise the soft one. The zero value limits
// nothing: it leaves what the process inherits.
type Limit struct {
	soft, hard uint64
	given      bool
}

// Exactly is a soft and hard limit of n, in the resource's unit.
func Exactly(n uint64) Limit { return Range(n, n) }

// Range is a soft and a hard limit, in the resource's unit. [Set.Check]
// refuses a soft limit above the hard one.
func Range(soft, hard uint64) Limit { return Limit{soft, hard, true} }

// Given tells whether l is a limit at all, not the zero value.
func (l Limit) Given() bool { return l.given }

// Soft is the soft limit, in the resource's unit or [Unlimited].
func (l Limit) Soft() uint64 { return l.soft }

// Hard is the hard limit, in the resource's unit or [Unlimited].
func (l Limit) Hard() uint64 { return l.hard }

// Set has a limit for each resource. The zero value is empty: all limits are
// inherited. It is a value: comparable with ==, copied by assignment.
type Set [numResources]Limit

// Check returns an error that matches [ErrSoftAboveHard] if a soft limit is
// above its hard limit.
func (s Set) Check() error {
	for i, l := range s {
		if l.soft > l.hard {
			r := Resource(i)
			return fmt.Errorf("rlimit: %s=%s: %w: swap them", r, r.format(l), ErrSoftAboveHard)
		}
	}
	return nil
}

// String is the text form that [Parse] takes: "cpu=1s:2s,nofile=64", in the
// kernel's order, each number with the largest unit that keeps it whole, one
// number if soft and hard limit are the same. The empty Set is "".
func (s Set) String() string {
	var items []string
	for i, l := range s {
		if l.given {
			r := Resource(i)
			items = append(items, r.String()+"="+r.format(l))
		}
	}
	return strings.Join(items, ",")
}

func (r Resource) format(l Limit) string {
	text := resources[r].unit.format(l.soft)
	if l.hard != l.soft {
		text += ":" + resources[r].unit.format(l.hard)
	}
	return text
}

// Parse reads a list of limits joined by commas, in any order, each named at
// most once: "cpu=1s:2s,as=256M,nofile=64,core=0,stack=unlimited". One value
// is both limits, two are SOFT:HARD. Values are whole numbers from 0 to
// 2^64-2 with a unit, or "unlimited":
//
//	bytes         K, M, G, T: powers of 1024
//	seconds       s, m, h
//	microseconds  us, ms, s
//
// A number without one is in bytes, seconds or microseconds, whichever the
// resource has.
func Parse(text string) (Set, error) {
	var s Set
	if text == "" {
		return s, nil
	}
	for item := range strings.SplitSeq(text, ",") {
		name, value, ok := strings.Cut(item, "=")
		if !ok {
			return Set{}, fmt.Errorf("rlimit: %q is no limit: write NAME=VALUE or NAME=SOFT:HARD", item)
		}
		r, err := find(name)
		if err != nil {
			return Set{}, err
		}
		if s[r].given {
			return Set{}, fmt.Errorf("rlimit: %s is given twice: leave one out", name)
		}
		if s[r], err = r.parse(value); err != nil {
			return Set{}, fmt.Errorf("rlimit: %s: %w", name, err)
		}
	}
	if err := s.Check(); err != nil {
		return Set{}, err
	}
	return s, nil
}

func (r Resource) parse(value string) (Limit, error) {
	first, second, two := strings.Cut(value, ":")
	soft, err := resources[r].unit.parse(first)
	if err != nil || !two {
		return Exactly(soft), err
	}
	hard, err := resources[r].unit.parse(second)
	return Range(soft, hard), err
}

func find(name string) (Resource, error) {
	names := make([]string, numResources)
	for i, entry := range resources {
		if entry.name == name {
			return Resource(i), nil
		}
		names[i] = entry.name
	}
	if like := nearest.Name(name, names); like != "" {
		return 0, fmt.Errorf("rlimit: unknown limit %q: did you mean %q?", name, like)
	}
	return 0, fmt.Errorf("rlimit: unknown limit %q: there are %s", name, strings.Join(names, ", "))
}

// Calls are the rows with which a process sets the limits for itself. The
// kernel refuses with EPERM what is above the hard limit it had before, unless
// it has CAP_SYS_RESOURCE in the initial user namespace.
func (s Set) Calls() []script.Call {
	var calls []script.Call
	for i, l := range s {
		if !l.given {
			continue
		}
		r := Resource(i)
		limit := binary.NativeEndian.AppendUint64(nil, l.soft) // struct rlimit64
		limit = binary.NativeEndian.AppendUint64(limit, l.hard)
		text := fmt.Sprintf("{soft=%s, hard=%s}", resources[r].unit.format(l.soft), resources[r].unit.format(l.hard))
		calls = append(calls, script.Call{
			Step: "rlimit", Index: len(calls), Name: r.String(), Nr: unix.SYS_PRLIMIT64,
			Args: []script.Arg{script.Int(0), script.Symbol(i, resources[r].flag), script.Bytes(limit, text), script.Null()},
		})
	}
	return calls
}
