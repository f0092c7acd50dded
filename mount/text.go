package mount

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/bailiff-judge/bailiff/internal/nearest"
)

// kindNames is the vocabulary of entries other than binds, which begin with a
// path.
var kindNames = map[kind]string{
	tmpfs: "tmpfs", proc: "proc", mqueue: "mqueue", device: "device", symlink: "symlink", file: "file",
	dir: "dir", maskFile: "maskfile", maskDir: "maskdir", overlay: "overlay",
}

// String is the text form that [Parse] takes, an entry a line. Equal trees have
// equal texts.
func (t *Tree) String() string {
	var lines []string
	if t.root != (TmpfsOptions{}) {
		lines = append(lines, join("root", t.root.text()))
	}
	for i := range t.entries {
		lines = append(lines, t.entries[i].String())
	}
	return strings.Join(lines, "\n")
}

func (e *entry) String() string {
	name := kindNames[e.kind]
	switch e.kind {
	case bind:
		return join(e.source, e.target, e.flags.text())
	case symlink:
		return join(name, e.source, e.target)
	case file:
		return join(name, e.target, e.options.text(), e.content)
	case proc:
		if e.pids {
			return join(name, e.target, "pids")
		}
	case overlay:
		options := "lower=" + strings.Join(e.lower, ",lower=")
		if e.upper != "" || e.work != "" {
			options += ",upper=" + e.upper + ",work=" + e.work
		}
		return join(name, e.target, options)
	case tmpfs, dir:
		if options := e.options.text(); options != "" {
			return join(name, e.target, options)
		}
	}
	return join(name, e.target)
}

// escaper keeps separators out of fields.
var (
	escaper   = strings.NewReplacer(`\`, `\\`, ":", `\:`, "\n", `\n`)
	unescaper = strings.NewReplacer(`\\`, `\`, `\:`, ":", `\n`, "\n")
)

func join(fields ...string) string {
	for i, f := range fields {
		fields[i] = escaper.Replace(f)
	}
	return strings.Join(fields, ":")
}

// split undoes join.
func split(line string) []string {
	var fields []string
	start := 0
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case ':':
			fields = append(fields, unescaper.Replace(line[start:i]))
			start = i + 1
		}
	}
	return append(fields, unescaper.Replace(line[start:]))
}

func (f Flags) text() string {
	words := []string{"ro"}
	for i, n := range flagNames {
		switch {
		case f&n.flag == 0:
		case i == 0:
			words[0] = n.set
		default:
			words = append(words, n.set)
		}
	}
	return strings.Join(words, ",")
}

// parseFlags reads "rw,nosuid" as changes to the usual flags.
func parseFlags(text string, usual Flags) (Flags, error) {
	f, seen := usual, Flags(0)
	for word := range strings.SplitSeq(text, ",") {
		known := false
		var names []string
		for _, n := range flagNames {
			names = append(names, n.set, n.clear)
			if word != n.set && word != n.clear {
				continue
			}
			if seen&n.flag != 0 {
				return 0, fmt.Errorf("%q says again or against what was said before: leave one out", word)
			}
			known, seen = true, seen|n.flag
			if f &^= n.flag; word == n.set {
				f |= n.flag
			}
		}
		if !known {
			return 0, unknown("attribute", word, names)
		}
	}
	return f, nil
}

func unknown(what, word string, names []string) error {
	if like := nearest.Name(word, names); like != "" {
		return fmt.Errorf("unknown %s %q: did you mean %q?", what, word, like)
	}
	return fmt.Errorf("unknown %s %q: there are %s", what, word, strings.Join(names, ", "))
}

// text lists the options that are not zero.
func (o TmpfsOptions) text() string {
	var words []string
	number := func(name string, n int64) {
		if n != 0 {
			words = append(words, name+"="+strconv.FormatInt(n, 10))
		}
	}
	if o.Size != 0 {
		words = append(words, "size="+formatSize(o.Size))
	}
	number("inodes", o.Inodes)
	if o.Mode != 0 {
		words = append(words, fmt.Sprintf("mode=%o", o.Mode))
	}
	number("uid", int64(o.UID))
	number("gid", int64(o.GID))
	if o.NoExec {
		words = append(words, "noexec")
	}
	return strings.Join(words, ",")
}

// sizeUnits are the largest first.
var sizeUnits = [...]struct {
	suffix string
	factor int64
}{{"T", 1 << 40}, {"G", 1 << 30}, {"M", 1 << 20}, {"K", 1 << 10}, {"", 1}}

func formatSize(n int64) string {
	for _, u := range sizeUnits {
		if n%u.factor == 0 {
			return strconv.FormatInt(n/u.factor, 10) + u.suffix
		}
	}
	return strconv.FormatInt(n, 10)
}

func parseSize(text string) (uint64, error) {
	for _, u := range sizeUnits {
		digits, ok := strings.CutSuffix(text, u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(digits, 10, 63)
		if err != nil || n > (1<<63-1)/uint64(u.factor) {
			break
		}
		return n * uint64(u.factor), nil
	}
	return 0, fmt.Errorf("%q is no size: write a number of bytes, or one with K, M, G or T", text)
}

func parseNumber(text string, base, bits int) (uint64, error) {
	n, err := strconv.ParseUint(text, base, bits)
	if err != nil && base == 8 {
		return 0, fmt.Errorf("%q is no octal number", text)
	}
	if err != nil {
		return 0, fmt.Errorf("%q is no number below %d", text, uint64(1)<<bits)
	}
	return n, nil
}

// parseOptions reads "size=64M,mode=1777"; allowed are those that the entry
// has. A zero is refused where the zero value stands for another number.
func parseOptions(text string, allowed ...string) (o TmpfsOptions, err error) {
	if text == "" {
		return o, nil
	}
	seen := map[string]bool{}
	for word := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(word, "=")
		if !slices.Contains(allowed, name) {
			return o, unknown("option", name, allowed)
		}
		if seen[name] {
			return o, fmt.Errorf("%s is given twice: leave one out", name)
		}
		seen[name] = true
		var n uint64
		switch name {
		case "size":
			n, err = parseSize(value)
			o.Size = int64(n)
		case "inodes":
			n, err = parseNumber(value, 10, 63)
			o.Inodes = int64(n)
		case "mode":
			n, err = parseNumber(value, 8, 32)
			o.Mode = uint32(n)
		case "uid":
			n, err = parseNumber(value, 10, 32)
			o.UID = uint32(n)
		case "gid":
			n, err = parseNumber(value, 10, 32)
			o.GID = uint32(n)
		case "noexec":
			if word != name {
				err = errors.New("takes no value")
			}
			o.NoExec = true
		}
		if err == nil && n == 0 && slices.Contains([]string{"size", "inodes", "mode"}, name) {
			err = errors.New("leave it out for the default")
		}
		if err != nil {
			return o, fmt.Errorf("%s: %w", word, err)
		}
	}
	return o, nil
}

// Parse reads a tree: an entry a line, "#" begins a comment line. The forms are
//
//	SOURCE:TARGET[:ATTRIBUTES]      bind; ro (default) or rw, nosuid, nodev (default), suid, dev, noexec, optional
//	SOURCE                          the same at the same place, read-only
//	tmpfs:TARGET[:OPTIONS]          size=64M,inodes=4096,mode=1777,uid=0,gid=0,noexec
//	proc:TARGET[:pids]
//	mqueue:TARGET
//	device:TARGET                   /dev/null and the like
//	symlink:CONTENT:TARGET
//	file:TARGET:[mode=644]:CONTENT
//	dir:TARGET[:OPTIONS]            mode, uid, gid
//	maskfile:TARGET  maskdir:TARGET
//	overlay:TARGET:lower=A,lower=B[,upper=C,work=D]
//	root:OPTIONS                    size and inodes of the root directory
//
// Within a field a colon is written \:, a backslash \\ and a line feed \n.
func Parse(text string) (*Tree, error) {
	t := new(Tree)
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSuffix(line, "\n")
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := t.parseLine(line, 0); err != nil {
			return nil, fmt.Errorf("mount: line %d: %w", n, err)
		}
	}
	return t, nil
}

// Add appends one entry in text form, as a flag of a command gives it. A bind
// without ro or rw is as writable says.
func (t *Tree) Add(text string, writable bool) error {
	usual := Flags(0)
	if writable {
		usual = Writable
	}
	if err := t.parseLine(text, usual); err != nil {
		return fmt.Errorf("mount: %w", err)
	}
	return nil
}

// parseLine appends the entry of a line; usual are the flags of a bind that
// gives neither ro nor rw.
func (t *Tree) parseLine(line string, usual Flags) error {
	e, err := t.parseFields(split(line), usual)
	if err != nil {
		return fmt.Errorf("%q: %w", line, err)
	}
	if e != nil {
		t.entries = append(t.entries, *e)
	}
	return nil
}

// parseFields returns nil for the root, which is no entry.
func (t *Tree) parseFields(fields []string, usual Flags) (*entry, error) {
	if path.IsAbs(fields[0]) {
		return parseBind(fields, usual)
	}
	if fields[0] == "root" {
		return nil, t.parseRoot(fields[1:])
	}
	names := []string{"root"}
	for k, name := range kindNames {
		if name == fields[0] {
			return parseEntry(k, fields[1:])
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return nil, fmt.Errorf("begin with an absolute path, or: %w", unknown("kind", fields[0], names))
}

func (t *Tree) parseRoot(fields []string) error {
	if len(fields) != 1 || fields[0] == "" {
		return errors.New("write root:size=SIZE,inodes=NUMBER")
	}
	if t.root != (TmpfsOptions{}) {
		return errors.New("the root is given twice: leave one out")
	}
	o, err := parseOptions(fields[0], "size", "inodes")
	t.root = o
	return errors.Join(err, o.check())
}

func parseBind(fields []string, usual Flags) (*entry, error) {
	e := &entry{kind: bind, source: fields[0], target: fields[0], flags: usual}
	var err error
	switch len(fields) {
	case 1:
	case 3:
		e.flags, err = parseFlags(fields[2], usual)
		fallthrough
	case 2:
		e.target = fields[1]
	default:
		return nil, errors.New("too many fields: write SOURCE:TARGET:ATTRIBUTES, and \\: for a colon in a path")
	}
	return e, errors.Join(err, e.check())
}

// forms are how many fields a kind takes behind its name, at least and at most.
var forms = map[kind][2]int{
	tmpfs: {1, 2}, proc: {1, 2}, mqueue: {1, 1}, device: {1, 1}, symlink: {2, 2}, file: {3, 3},
	dir: {1, 2}, maskFile: {1, 1}, maskDir: {1, 1}, overlay: {2, 2},
}

func parseEntry(k kind, fields []string) (*entry, error) {
	if form := forms[k]; len(fields) < form[0] || len(fields) > form[1] {
		return nil, fmt.Errorf("%d fields behind %q, want %d to %d: write \\: for a colon in one", len(fields), kindNames[k], form[0], form[1])
	}
	e := &entry{kind: k, target: fields[0]}
	var err error
	options := ""
	if len(fields) > 1 {
		options = fields[1]
	}
	switch k {
	case symlink:
		e.source, e.target = fields[0], fields[1]
	case file:
		e.content = fields[2]
		e.options, err = parseOptions(options, "mode")
	case tmpfs:
		e.options, err = parseOptions(options, "size", "inodes", "mode", "uid", "gid", "noexec")
	case dir:
		e.options, err = parseOptions(options, "mode", "uid", "gid")
	case proc:
		e.pids = options == "pids"
		if options != "" && !e.pids {
			err = unknown("option", options, []string{"pids"})
		}
	case overlay:
		err = e.parseOverlay(options)
	}
	return e, errors.Join(err, e.check())
}

func (e *entry) parseOverlay(options string) error {
	for word := range strings.SplitSeq(options, ",") {
		name, value, _ := strings.Cut(word, "=")
		switch {
		case name == "lower":
			e.lower = append(e.lower, value)
		case name == "upper" && e.upper == "":
			e.upper = value
		case name == "work" && e.work == "":
			e.work = value
		case name == "upper" || name == "work":
			return fmt.Errorf("%s is given twice: leave one out", name)
		default:
			return unknown("option", name, []string{"lower", "upper", "work"})
		}
	}
	return nil
}
