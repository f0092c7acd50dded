// Package mountinfo reads the paths in /proc/PID/mountinfo (proc_pid_mountinfo(5)).
package mountinfo

import (
	"strconv"
	"strings"
)

// Unescape undoes the octal escapes of a path: \040 for a space, and so on.
func Unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+4 <= len(s) {
			if c, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(c))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
