package crash

// access is one that an instruction makes.
type access struct {
	address uint64
	size    uint64
	kind    Access
}

// instruction is what the one that failed is known to do.
type instruction struct {
	name     string // "" if it can't be decoded
	accesses []access
	// target is where a jump, call or return leads, if jumps.
	target uint64
	jumps  bool
	// divisor is a division's, if divides.
	divisor uint64
	divides bool
	// aligned says that its operand in memory must be aligned to its size.
	aligned bool
	// privileged says that it is the kernel's alone.
	privileged bool
	// invalid says that it is one that is never valid.
	invalid bool
}

// at is the access that an address is part of, nil if there is none, or if it
// can't be told which of two kinds it was.
func (i *instruction) at(address uint64) *access {
	var found *access
	for n := range i.accesses {
		a := &i.accesses[n]
		if address-a.address >= max(a.size, 1) {
			continue
		}
		if found != nil && found.kind != a.kind {
			return nil
		}
		found = a
	}
	return found
}

// noncanonical is the access to an address that the processor does not have,
// nil if there is none.
func (i *instruction) noncanonical() *access {
	for n := range i.accesses {
		if !canonical(i.accesses[n].address) {
			return &i.accesses[n]
		}
	}
	return nil
}

// unaligned is the access that isn't aligned to its size, nil if there is none.
func (i *instruction) unaligned() *access {
	for n := range i.accesses {
		if a := &i.accesses[n]; a.size > 1 && a.address%a.size != 0 {
			return a
		}
	}
	return nil
}
