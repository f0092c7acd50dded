package crash

import (
	"fmt"
	"io"
)

// module is a file that is mapped, open.
type module struct {
	*object
	file io.Closer
}

// modules are those that were asked for, by device and inode.
type modules struct {
	files *files
	cost  *budget
	known map[string]*module
}

func (l *modules) close() {
	for _, m := range l.known {
		if m != nil {
			m.file.Close()
		}
	}
}

// of is the module of a mapping, nil if it can't be read.
func (l *modules) of(m *mapping) *module {
	if m.inode == 0 {
		return nil
	}
	key := fmt.Sprint(m.device, " ", m.inode)
	known, done := l.known[key]
	if done || len(l.known) >= mostObjects {
		return known
	}
	l.known[key] = nil
	file, err := l.files.open(m)
	if err != nil {
		return nil
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil
	}
	o, err := openObject(file, uint64(info.Size()), l.cost)
	if err != nil {
		file.Close()
		return nil
	}
	known = &module{o, file}
	l.known[key] = known
	return known
}
