package crash

// caller is the frame that this one returns to.
func (f *callFrames) caller(r *registers, rules *frameRules, memory Memory) (registers, bool) {
	cfa := uint64(0)
	switch {
	case rules.hasExpr:
		v, ok := f.evaluate(rules.cfaExpr, r, memory, nil)
		if !ok {
			return registers{}, false
		}
		cfa = v
	case rules.cfaRegister < numRegisters:
		cfa = r.values[rules.cfaRegister] + uint64(rules.cfaOffset)
	default:
		return registers{}, false
	}
	up := *r
	up.values[regSP] = cfa
	for i, rule := range rules.registers {
		ok := true
		var v uint64
		switch rule.kind {
		case ruleSame:
			continue
		case ruleUndefined:
			if uint64(i) == f.returnColumn { // the outermost frame
				return registers{}, false
			}
			continue
		case ruleOffset:
			v, ok = word(memory, cfa+uint64(rule.n))
		case ruleValue:
			v = cfa + uint64(rule.n)
		case ruleRegister:
			if rule.n < 0 || rule.n >= numRegisters {
				return registers{}, false
			}
			v = r.values[rule.n]
		case ruleExpr:
			if v, ok = f.evaluate(rule.expr, r, memory, &cfa); ok {
				v, ok = word(memory, v)
			}
		case ruleValueExpr:
			v, ok = f.evaluate(rule.expr, r, memory, &cfa)
		}
		if !ok {
			return registers{}, false
		}
		up.values[i] = v
	}
	up.pc = stripped(up.values[f.returnColumn])
	return up, true
}
