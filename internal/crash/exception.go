package crash

import (
	"slices"
	"strings"
)

// What a C++ exception is in memory (libsupc++/unwind-cxx.h): before the object
// stands a header, which ends with what the unwinder wants to know. That begins
// with the language's mark, by which it is known.
const (
	mark         = 0x474e5543432b2b00 // "GNUCC++\x00"
	markToType   = -80                // __cxa_exception.exceptionType
	markToObject = 32                 // sizeof(struct _Unwind_Exception)
	headerToMark = 80
	counted      = 16 // a reference count before the header
)

// exception is the type of the exception that was thrown, and for those of the
// standard library that have one, its message: ": std::out_of_range: index 5".
// It is "" if it can't be found.
func (t *thread) exception(frames []code) string {
	for _, c := range frames {
		if c.module == nil || !slices.Contains([]string{"__cxa_throw", "__cxa_rethrow"}, c.module.symbol(c.lookup)) {
			continue
		}
		// The function that throws has it in a register: the object, the header,
		// or the mark.
		for _, register := range preserved() {
			v := c.at.values[register]
			for _, at := range []uint64{v, v - markToObject, v + headerToMark, v + headerToMark + counted} {
				if class, ok := word(t.memory, at); ok && class == mark {
					return t.thrown(at)
				}
			}
		}
	}
	return ""
}

func (t *thread) thrown(at uint64) string {
	offset := int64(markToType)
	info, _ := word(t.memory, at+uint64(offset))
	name, _ := word(t.memory, info+8) // behind the table of virtual functions
	mangled := strings.TrimPrefix(t.text(name), "*")
	if mangled == "" {
		return ""
	}
	text := ": " + strings.TrimPrefix(demangled("_ZTI"+mangled), "typeinfo for ")
	if slices.Contains(withMessage, mangled) {
		if message, ok := word(t.memory, at+markToObject+8); ok {
			text += ": " + t.text(message)
		}
	}
	return text
}

// withMessage are the exceptions of the standard library that hold a string and
// nothing before it.
var withMessage = []string{
	"St11logic_error", "St12domain_error", "St16invalid_argument", "St12length_error", "St12out_of_range",
	"St13runtime_error", "St11range_error", "St14overflow_error", "St15underflow_error",
}

// text is a string in the program's memory, cut short.
func (t *thread) text(address uint64) string {
	data := make([]byte, longestMessage)
	n, err := t.memory.Read(address, data)
	if err != nil || n < 0 {
		return ""
	}
	text, _, _ := strings.Cut(string(data[:n]), "\x00")
	return text
}
