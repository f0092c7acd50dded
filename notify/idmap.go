package notify

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// idMap is how a user namespace calls ids (user_namespaces(7)), as ranges:
// the first id inside, the first outside, how many.
type idMap [][3]uint32

// overflow is what an id is called that has no name inside.
const overflow = 65534

// readIDMap reads /proc/PID/uid_map or gid_map, which says what is outside as
// its reader calls it.
func readIDMap(file string) (m idMap, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		var r [3]uint32
		if _, err := fmt.Sscan(line, &r[0], &r[1], &r[2]); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		m = append(m, r)
	}
	return m, nil
}

// identical says that ids are called the same inside and outside.
func (m idMap) identical() bool {
	return len(m) == 1 && m[0][0] == 0 && m[0][1] == 0 && m[0][2] == ^uint32(0)
}

// in is what an id is called inside.
func (m idMap) in(id uint32) uint32 {
	for _, r := range m {
		if id >= r[1] && id-r[1] < r[2] {
			return r[0] + (id - r[1])
		}
	}
	return overflow
}

// out is an id as called outside; -1 stays, as "leave it".
func (m idMap) out(id uint32) (uint32, error) {
	if id == ^uint32(0) {
		return id, nil
	}
	for _, r := range m {
		if id >= r[0] && id-r[0] < r[2] {
			return r[1] + (id - r[0]), nil
		}
	}
	return 0, unix.EINVAL
}
