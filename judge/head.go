package judge

import (
	"strings"
	"unicode"
)

// maxStderr is how much of what a solution writes to stderr is kept.
const maxStderr = 4 << 10

// head keeps the beginning of what is written to it.
type head struct {
	text []byte
	most int
	more bool
}

func (h *head) Write(p []byte) (int, error) {
	n := min(len(p), h.most-len(h.text))
	h.text = append(h.text, p[:n]...)
	h.more = h.more || n < len(p)
	return len(p), nil
}

// String is the text as it can be shown: valid UTF-8, with no control
// characters but newlines.
func (h *head) String() string {
	text := strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case r != '\n' && unicode.IsControl(r):
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(string(h.text), string(unicode.ReplacementChar)))
	if text = strings.TrimSpace(text); h.more {
		text += "…"
	}
	return text
}
