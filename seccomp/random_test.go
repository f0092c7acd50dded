package seccomp

import (
	"encoding/binary"
	"math/rand/v2"

	"golang.org/x/sys/unix"
)

// source turns bytes, a fuzzer's or random ones, into choices. When they have
// run out every choice is the first.
type source struct{ data []byte }

func randomSource(r *rand.Rand, size int) *source {
	s := &source{data: make([]byte, size)}
	for i := range s.data {
		s.data[i] = byte(r.Uint32())
	}
	return s
}

// below is a number less than n, which is at most 65536.
func (s *source) below(n int) int {
	if len(s.data) < 2 {
		s.data = nil
		return 0
	}
	v := int(binary.LittleEndian.Uint16(s.data))
	s.data = s.data[2:]
	return v % n
}

func choose[T any](s *source, from ...T) T { return from[s.below(len(from))] }

func (s *source) bits() uint64 {
	var v uint64
	for range 4 {
		v = v<<16 | uint64(s.below(1<<16))
	}
	return v
}

// interesting are numbers at the edges of what is compared.
var interesting = []uint64{
	0, 1, 2, 3, 5, 8, 0x7f, 0xff, 0x100, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
	1 << 32, 1<<32 | 1, 1<<32 | 5, 0x7fffffffffffffff, 1 << 63, ^uint64(0), ^uint64(1),
}

func (s *source) value() uint64 {
	switch s.below(8) {
	case 0:
		return s.bits()
	case 1:
		return interesting[s.below(len(interesting))] | interesting[s.below(len(interesting))]<<32
	case 2:
		return interesting[s.below(len(interesting))] + 1
	default:
		return interesting[s.below(len(interesting))]
	}
}

func (s *source) action() Action {
	return choose(s, Allow, Errno(unix.Errno(200+s.below(100))), Errno(0), KillProcess, KillThread, Trap, Log,
		Trace(uint16(s.below(1<<16))), Notify)
}

// condition is one of any shape, whose values fit their types.
func (s *source) condition(depth int) Condition {
	if depth > 0 && s.below(3) == 0 {
		list := make([]Condition, s.below(4))
		for i := range list {
			list[i] = s.condition(depth - 1)
		}
		if s.below(2) == 0 {
			return All(list)
		}
		return Any(list)
	}
	kind := choose(s, Int, Uint, Long, Ulong, Mode, Pointer)
	arg := s.below(6)
	v, w := s.value()&kind.mask(), s.value()&kind.mask()
	if kind == Pointer {
		return choose(s, Equal(arg, 0), NotEqual(arg, 0)).As(kind)
	}
	t := Test{kind: kind}
	low, high := v, w
	if t.order(low) > t.order(high) {
		low, high = high, low
	}
	several := make([]uint64, s.below(6))
	for i := range several {
		several[i] = s.value() & kind.mask()
	}
	return choose(s, Equal(arg, v), NotEqual(arg, v), Masked(arg, w, v&w), Masked(arg, w, w), AnyBit(arg, w),
		OneOf(arg, several...), Between(arg, low, high)).As(kind)
}

// rules are about calls from names, neighbours and not.
func (s *source) rules(names []string) Rules {
	r := Rules{Default: s.action(), Foreign: choose(s, KillProcess, Errno(200), Trap, Notify)}
	for range s.below(24) {
		rule := Rule{Action: s.action()}
		for range 1 + s.below(3) {
			rule.Syscalls = append(rule.Syscalls, names[s.below(len(names))])
		}
		if s.below(3) > 0 {
			rule.When = s.condition(3)
		}
		r.Rules = append(r.Rules, rule)
	}
	return r
}

// call is the data of some call: mostly one of names.
func (s *source) call(names []string) *Data {
	d := &Data{Arch: NativeArch}
	d.Number, _ = Number(names[s.below(len(names))])
	switch s.below(16) {
	case 0:
		d.Number = int32(s.bits())
	case 1:
		d.Number = int32(s.below(600))
	case 2:
		d.Number |= foreignNumbers
	case 3:
		d.Arch = choose[uint32](s, unix.AUDIT_ARCH_I386, unix.AUDIT_ARCH_ARM, unix.AUDIT_ARCH_X86_64, uint32(s.bits()))
	}
	d.IP = s.bits()
	for i := range d.Args {
		d.Args[i] = s.value()
	}
	return d
}

// meaning is what rules say, by their words alone.
func meaning(r *Rules, d *Data) Action {
	if d.Arch != NativeArch || uint32(d.Number) >= foreignNumbers {
		return r.Foreign
	}
	for _, rule := range r.Rules {
		for _, name := range rule.Syscalls {
			nr, ok := Number(name)
			if !ok || nr != d.Number {
				continue
			}
			if rule.When == nil {
				return rule.Action
			}
			when, err := rule.When.resolve(name)
			if err != nil {
				panic(err)
			}
			if when.holds(&d.Args) {
				return rule.Action
			}
		}
	}
	return r.Default
}
