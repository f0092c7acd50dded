package language

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxDiagnostics is how much of what a compiler says is kept, in bytes.
const maxDiagnostics = 64 << 10

// head keeps the first bytes of what is written to it.
type head struct {
	text []byte
	over bool
}

// Write never fails.
func (h *head) Write(p []byte) (int, error) {
	// Some more than what is kept in the end, which is shorter by the names of directories.
	if room := 2*maxDiagnostics - len(h.text); len(p) > room {
		h.text, h.over = append(h.text, p[:room]...), true
	} else {
		h.text = append(h.text, p...)
	}
	return len(p), nil
}

// diagnostics is what a compiler said, as text for the author of the sources:
// with the names of files that are theirs, no control characters, no invalid
// UTF-8, and no longer than maxDiagnostics.
func (h *head) diagnostics(o *layout) string {
	text := strings.ToValidUTF8(string(h.text), string(utf8.RuneError))
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r':
			return -1
		case unicode.IsControl(r):
			return utf8.RuneError
		}
		return r
	}, text)
	text = o.asWritten(text)
	if len(text) > maxDiagnostics || h.over {
		const note = "\n... (cut)\n"
		text = cut(text, maxDiagnostics-len(note)) + note
	}
	return text
}

// cut is the longest beginning of valid text with at most n bytes.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// inBuildDir is a path of a source, but not one that only ends like it.
var inBuildDir = regexp.MustCompile(`(^|[^A-Za-z0-9_./-])` + buildDir + `/`)

// asWritten replaces the names that sources have in the sandbox by those that
// their author knows.
func (o *layout) asWritten(text string) string {
	text = inBuildDir.ReplaceAllString(text, "$1")
	if len(o.written) == 0 {
		return text
	}
	var names []string
	for name := range o.written {
		names = append(names, regexp.QuoteMeta(name))
	}
	// The longest first: one may begin as another does.
	slices.SortFunc(names, func(a, b string) int { return len(b) - len(a) })
	// Only where it is a word: not the end of "domain.cpp".
	pattern := regexp.MustCompile(`(^|[^A-Za-z0-9_./-])((?:\./)?)(` + strings.Join(names, "|") + `)\b`)
	return pattern.ReplaceAllStringFunc(text, func(found string) string {
		m := pattern.FindStringSubmatch(found)
		return m[1] + o.written[m[3]]
	})
}
