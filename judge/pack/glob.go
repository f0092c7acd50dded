package pack

import (
	"path"
	"strings"
)

// maxPatterns bounds what braces may stand for.
const maxPatterns = 256

// matches says whether a pattern of submissions.yaml is one of a path: * is any
// part of one name, {a,b} one of several. Brackets mean themselves.
func matches(pattern, name string) bool {
	for _, one := range expand(pattern) {
		one = strings.NewReplacer(`\`, `\\`, "[", `\[`, "?", `\?`).Replace(one)
		if ok, err := path.Match(one, name); ok && err == nil {
			return true
		}
	}
	return false
}

// expand writes braces out, also those in braces.
func expand(pattern string) []string {
	open := strings.IndexByte(pattern, '{')
	if open < 0 {
		return []string{pattern}
	}
	depth, begin := 0, open+1
	var parts []string
	for i := open; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '{':
			depth++
		case c == ',' && depth == 1:
			parts = append(parts, pattern[begin:i])
			begin = i + 1
		case c == '}':
			if depth--; depth > 0 {
				continue
			}
			var all []string
			rests := expand(pattern[i+1:])
			for _, part := range append(parts, pattern[begin:i]) {
				middles := expand(part)
				for _, rest := range rests {
					for _, middle := range middles {
						if len(all) == maxPatterns {
							return all
						}
						all = append(all, pattern[:open]+middle+rest)
					}
				}
			}
			return all
		}
	}
	return []string{pattern} // never closed: it means itself
}
