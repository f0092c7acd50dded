package crash

// registers are those of a frame, by DWARF's numbers.
type registers struct {
	pc     uint64
	values [numRegisters]uint64
}

// Rules of a register: where its value in the caller is (DWARF 5, 6.4.1).
type ruleKind uint8

const (
	ruleSame ruleKind = iota // also: not said
	ruleUndefined
	ruleOffset    // in memory, at CFA+n
	ruleValue     // CFA+n
	ruleRegister  // in register n
	ruleExpr      // in memory, at what the expression says
	ruleValueExpr // what the expression says
)

type rule struct {
	kind ruleKind
	n    int64
	expr buffer
}

// frameRules are the rules at one instruction.
type frameRules struct {
	cfaRegister uint64
	cfaOffset   int64
	cfaExpr     buffer
	hasExpr     bool
	registers   [numRegisters]rule
}

// rulesAt runs the entry's program up to an address.
func (f *callFrames) rulesAt(address uint64) (frameRules, bool) {
	var now frameRules
	if !f.run(f.initial, &now, &now, ^uint64(0)) {
		return now, false
	}
	first := now
	return now, f.run(f.program, &now, &first, address)
}

// run executes instructions until the location is behind the address.
func (f *callFrames) run(b buffer, now, first *frameRules, address uint64) bool {
	location := f.start
	var saved []frameRules
	set := func(register uint64, r rule) {
		if register < numRegisters {
			now.registers[register] = r
		}
	}
	for b.more() && f.object.cost.step(4) {
		opcode := b.u8()
		low := uint64(opcode & 0x3f)
		switch opcode >> 6 {
		case 1: // advance_loc
			location += low * f.codeAlign
		case 2: // offset
			set(low, rule{kind: ruleOffset, n: int64(b.unsigned()) * f.dataAlign})
		case 3: // restore
			if low < numRegisters {
				now.registers[low] = first.registers[low]
			}
		default:
			switch opcode {
			case 0x00: // nop
			case 0x01: // set_loc: not written by anybody
				return false
			case 0x02:
				location += uint64(b.u8()) * f.codeAlign
			case 0x03:
				location += uint64(b.u16()) * f.codeAlign
			case 0x04:
				location += uint64(b.u32()) * f.codeAlign
			case 0x05: // offset_extended
				r := b.unsigned()
				set(r, rule{kind: ruleOffset, n: int64(b.unsigned()) * f.dataAlign})
			case 0x06: // restore_extended
				if r := b.unsigned(); r < numRegisters {
					now.registers[r] = first.registers[r]
				}
			case 0x07:
				set(b.unsigned(), rule{kind: ruleUndefined})
			case 0x08:
				set(b.unsigned(), rule{kind: ruleSame})
			case 0x09:
				r := b.unsigned()
				set(r, rule{kind: ruleRegister, n: int64(b.unsigned())})
			case 0x0a: // remember_state
				if len(saved) > 64 {
					return false
				}
				saved = append(saved, *now)
			case 0x0b: // restore_state
				if len(saved) == 0 {
					return false
				}
				*now, saved = saved[len(saved)-1], saved[:len(saved)-1]
			case 0x0c: // def_cfa
				now.cfaRegister, now.cfaOffset, now.hasExpr = b.unsigned(), int64(b.unsigned()), false
			case 0x0d: // def_cfa_register
				now.cfaRegister = b.unsigned()
			case 0x0e: // def_cfa_offset
				now.cfaOffset = int64(b.unsigned())
			case 0x0f: // def_cfa_expression
				now.cfaExpr, now.hasExpr = b.cut(b.unsigned()), true
			case 0x10, 0x16: // expression, val_expression
				r := b.unsigned()
				kind := ruleExpr
				if opcode == 0x16 {
					kind = ruleValueExpr
				}
				set(r, rule{kind: kind, expr: b.cut(b.unsigned())})
			case 0x11: // offset_extended_sf
				r := b.unsigned()
				set(r, rule{kind: ruleOffset, n: b.signed() * f.dataAlign})
			case 0x12: // def_cfa_sf
				now.cfaRegister, now.cfaOffset, now.hasExpr = b.unsigned(), b.signed()*f.dataAlign, false
			case 0x13: // def_cfa_offset_sf
				now.cfaOffset = b.signed() * f.dataAlign
			case 0x14: // val_offset
				r := b.unsigned()
				set(r, rule{kind: ruleValue, n: int64(b.unsigned()) * f.dataAlign})
			case 0x2d: // AArch64_negate_ra_state: the return address is signed; see stripped
			case 0x2e: // GNU_args_size
				b.unsigned()
			default:
				return false
			}
		}
		if location > address {
			return true
		}
	}
	return !b.bad
}
