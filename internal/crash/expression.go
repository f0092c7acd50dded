package crash

// evaluate is the value of an expression (DWARF 5, 2.5), as far as those that
// compilers and libraries write for frames need: arithmetic on registers. The
// first value on the stack may be given.
func (f *callFrames) evaluate(b buffer, r *registers, memory Memory, first *uint64) (uint64, bool) {
	const deepest = 64
	var stack []uint64
	if first != nil {
		stack = append(stack, *first)
	}
	// pop takes n values, the topmost last.
	pop := func(n int) []uint64 {
		if len(stack) < n {
			b.bad = true
			return make([]uint64, n)
		}
		top := stack[len(stack)-n:]
		stack = stack[:len(stack)-n]
		return top
	}
	push := func(v uint64) { stack = append(stack, v) }
	truth := func(v bool) {
		if v {
			push(1)
		} else {
			push(0)
		}
	}
	for b.more() && len(stack) < deepest && f.object.cost.step(4) {
		switch op := b.u8(); {
		case op == 0x03: // addr
			push(b.u64())
		case op == 0x06: // deref
			v, ok := word(memory, pop(1)[0])
			if !ok {
				return 0, false
			}
			push(v)
		case op == 0x08:
			push(uint64(b.u8()))
		case op == 0x09:
			push(uint64(int64(int8(b.u8()))))
		case op == 0x0a:
			push(uint64(b.u16()))
		case op == 0x0b:
			push(uint64(int64(int16(b.u16()))))
		case op == 0x0c:
			push(uint64(b.u32()))
		case op == 0x0d:
			push(uint64(int64(int32(b.u32()))))
		case op == 0x0e, op == 0x0f:
			push(b.u64())
		case op == 0x10:
			push(b.unsigned())
		case op == 0x11:
			push(uint64(b.signed()))
		case op == 0x12: // dup
			v := pop(1)[0]
			push(v)
			push(v)
		case op == 0x13: // drop
			pop(1)
		case op == 0x16: // swap
			v := pop(2)
			a, c := v[0], v[1]
			push(c)
			push(a)
		case op == 0x1a: // and
			v := pop(2)
			push(v[0] & v[1])
		case op == 0x1c: // minus
			v := pop(2)
			push(v[0] - v[1])
		case op == 0x1e: // mul
			v := pop(2)
			push(v[0] * v[1])
		case op == 0x21: // or
			v := pop(2)
			push(v[0] | v[1])
		case op == 0x22: // plus
			v := pop(2)
			push(v[0] + v[1])
		case op == 0x23: // plus_uconst
			push(pop(1)[0] + b.unsigned())
		case op == 0x24: // shl
			v := pop(2)
			push(v[0] << min(v[1], 64))
		case op == 0x25: // shr
			v := pop(2)
			push(v[0] >> min(v[1], 64))
		case op == 0x29: // eq
			v := pop(2)
			truth(v[0] == v[1])
		case op == 0x2a: // ge
			v := pop(2)
			truth(int64(v[0]) >= int64(v[1]))
		case op == 0x2b: // gt
			v := pop(2)
			truth(int64(v[0]) > int64(v[1]))
		case op == 0x2c: // le
			v := pop(2)
			truth(int64(v[0]) <= int64(v[1]))
		case op == 0x2d: // lt
			v := pop(2)
			truth(int64(v[0]) < int64(v[1]))
		case op >= 0x30 && op <= 0x4f: // lit
			push(uint64(op - 0x30))
		case op >= 0x70 && op <= 0x8f: // breg
			if int(op-0x70) >= numRegisters {
				return 0, false
			}
			push(r.values[op-0x70] + uint64(b.signed()))
		case op == 0x96: // nop
		default:
			return 0, false
		}
	}
	if b.bad || len(stack) == 0 {
		return 0, false
	}
	return stack[len(stack)-1], true
}
