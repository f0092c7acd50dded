package crash

import (
	"bufio"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
)

// mapping is a line of /proc/PID/maps.
type mapping struct {
	start, end uint64
	read       bool
	write      bool
	execute    bool
	offset     uint64 // in the file
	inode      uint64 // 0 if there is no file
	device     string // "fd:01"
	name       string // path, "[stack]", or ""
}

func (m *mapping) contains(address uint64) bool { return address >= m.start && address < m.end }

// module is what a frame says it is in.
func (m *mapping) module() string {
	name := strings.TrimSuffix(m.name, " (deleted)")
	if m.inode != 0 {
		name = path.Base(name)
	}
	return clean(name, 64)
}

// A process has at most vm.max_map_count mappings (65530 by default), but each
// may have a path of 4096 bytes. Paths are mostly those of the line before.
const (
	mostMappings   = 1 << 17
	mostPathBytes  = 1 << 20
	longestMapLine = 3 * 4096
)

// mappings are those of a process, by address. What can't be read as one is left
// out.
type mappings []mapping

func parseMaps(r io.Reader) (mappings, error) {
	var list mappings
	paths := 0
	scanner := bufio.NewScanner(r)
	scanner.Buffer(make([]byte, 0, 4096), 4*longestMapLine)
	for scanner.Scan() && len(list) < mostMappings {
		m, ok := parseMapping(scanner.Text())
		if !ok {
			continue
		}
		if last := len(list) - 1; last >= 0 && list[last].name == m.name {
			m.name = list[last].name
		} else if paths += len(m.name); paths > mostPathBytes {
			m.name, m.inode = "", 0
		}
		list = append(list, m)
	}
	return list, scanner.Err()
}

// parseMapping reads "start-end perms offset device inode   name".
func parseMapping(line string) (m mapping, ok bool) {
	fields := make([]string, 0, 6)
	for len(fields) < 5 {
		field, rest, more := strings.Cut(line, " ")
		if !more && len(fields) < 4 || field == "" {
			return mapping{}, false
		}
		fields, line = append(fields, field), rest
	}
	low, high, cut := strings.Cut(fields[0], "-")
	perms := fields[1]
	if !cut || len(perms) < 4 {
		return mapping{}, false
	}
	var errs [4]error
	m.start, errs[0] = strconv.ParseUint(low, 16, 64)
	m.end, errs[1] = strconv.ParseUint(high, 16, 64)
	m.offset, errs[2] = strconv.ParseUint(fields[2], 16, 64)
	m.inode, errs[3] = strconv.ParseUint(fields[4], 10, 64)
	for _, err := range errs {
		if err != nil {
			return mapping{}, false
		}
	}
	m.read, m.write, m.execute = perms[0] == 'r', perms[1] == 'w', perms[2] == 'x'
	m.device = strings.Clone(fields[3])
	m.name = strings.Clone(strings.TrimLeft(line, " "))
	return m, m.start < m.end
}

// at is the mapping of an address, nil if there is none.
func (l mappings) at(address uint64) *mapping {
	i := l.behind(address)
	if i < len(l) && l[i].contains(address) {
		return &l[i]
	}
	return nil
}

// behind is the index of the first mapping that ends behind an address.
func (l mappings) behind(address uint64) int {
	i, _ := slices.BinarySearchFunc(l, address, func(m mapping, address uint64) int {
		if m.end <= address {
			return -1
		}
		return 1
	})
	return i
}

// before is the last mapping that ends at or before an address, nil if there is none.
func (l mappings) before(address uint64) *mapping {
	if i := l.behind(address); i > 0 {
		return &l[i-1]
	}
	return nil
}

// after is the first mapping that starts behind an address, nil if there is none.
func (l mappings) after(address uint64) *mapping {
	for i := l.behind(address); i < len(l); i++ {
		if l[i].start > address {
			return &l[i]
		}
	}
	return nil
}
