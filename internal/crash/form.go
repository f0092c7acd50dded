package crash

// Forms of attributes (DWARF 5, 7.5.6) that are told apart here.
const (
	formAddr          = 0x01
	formBlock2        = 0x03
	formBlock4        = 0x04
	formData2         = 0x05
	formData4         = 0x06
	formData8         = 0x07
	formString        = 0x08
	formBlock         = 0x09
	formBlock1        = 0x0a
	formData1         = 0x0b
	formFlag          = 0x0c
	formSdata         = 0x0d
	formStrp          = 0x0e
	formUdata         = 0x0f
	formRefAddr       = 0x10
	formRef1          = 0x11
	formRef2          = 0x12
	formRef4          = 0x13
	formRef8          = 0x14
	formRefUdata      = 0x15
	formIndirect      = 0x16
	formSecOffset     = 0x17
	formExprloc       = 0x18
	formFlagPresent   = 0x19
	formStrx          = 0x1a
	formAddrx         = 0x1b
	formRefSup4       = 0x1c
	formStrpSup       = 0x1d
	formData16        = 0x1e
	formLineStrp      = 0x1f
	formRefSig8       = 0x20
	formImplicitConst = 0x21
	formLoclistx      = 0x22
	formRnglistx      = 0x23
	formRefSup8       = 0x24
	formStrx1         = 0x25
	formStrx2         = 0x26
	formStrx3         = 0x27
	formStrx4         = 0x28
	formAddrx1        = 0x29
	formAddrx2        = 0x2a
	formAddrx3        = 0x2b
	formAddrx4        = 0x2c
	formGNURefAlt     = 0x1f20
	formGNUStrpAlt    = 0x1f21
)

// number is the value of a form that is a number, an offset or an index; others
// are skipped, and 0.
func (b *buffer) number(form uint64, offset int) uint64 {
	switch form {
	case formData1, formRef1, formFlag, formStrx1, formAddrx1:
		return b.fixed(1)
	case formData2, formRef2, formStrx2, formAddrx2:
		return b.fixed(2)
	case formStrx3, formAddrx3:
		return b.fixed(3)
	case formData4, formRef4, formStrx4, formAddrx4:
		return b.fixed(4)
	case formAddr, formData8, formRef8:
		return b.fixed(8)
	case formSecOffset, formStrp, formLineStrp, formRefAddr:
		return b.fixed(offset)
	case formUdata, formRefUdata, formStrx, formAddrx, formLoclistx, formRnglistx:
		return b.unsigned()
	case formSdata:
		return uint64(b.signed())
	case formFlagPresent:
		return 1
	}
	b.skipForm(form, offset, 8)
	return 0
}

// skipForm skips a value.
func (b *buffer) skipForm(form uint64, offset, address int) {
	switch form {
	case formString:
		b.rawText()
	case formBlock1:
		b.skip(b.fixed(1))
	case formBlock2:
		b.skip(b.fixed(2))
	case formBlock4:
		b.skip(b.fixed(4))
	case formBlock, formExprloc:
		b.skip(b.unsigned())
	case formData16:
		b.skip(16)
	case formRefSup4:
		b.skip(4)
	case formRefSig8, formRefSup8:
		b.skip(8)
	case formStrpSup, formGNURefAlt, formGNUStrpAlt:
		b.skip(uint64(offset))
	case formFlagPresent, formImplicitConst:
	case formAddr:
		b.skip(uint64(address))
	case formData1, formRef1, formFlag, formStrx1, formAddrx1, formData2, formRef2, formStrx2, formAddrx2, formStrx3,
		formAddrx3, formData4, formRef4, formStrx4, formAddrx4, formData8, formRef8, formSecOffset, formStrp,
		formLineStrp, formRefAddr, formUdata, formRefUdata, formStrx, formAddrx, formLoclistx, formRnglistx, formSdata:
		b.number(form, offset)
	default: // also formIndirect, which nobody writes: what follows can't be told
		b.bad = true
	}
}

// string is the text that a form stands for, "" if it can't be had. Indexed ones
// are the unit's affair.
func (o *object) string(b buffer, form uint64, offset int) string {
	var text buffer
	switch form {
	case formString:
		return b.text()
	case formStrp:
		text = buffer{data: o.data(".debug_str")}.at(b.fixed(offset))
	case formLineStrp:
		text = buffer{data: o.data(".debug_line_str")}.at(b.fixed(offset))
	default:
		return ""
	}
	return text.text()
}
