package language

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// mainClass is the class below a directory that a Java machine can start: that
// with a method main, and of several the one called as the main source, or Main.
func mainClass(dir, source string) (string, error) {
	var found []string
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(file) != ".class" {
			return err
		}
		code, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if class, err := parseClass(code); err == nil && class.main {
			found = append(found, strings.ReplaceAll(class.name, "/", "."))
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	slices.Sort(found)
	switch len(found) {
	case 0:
		return "", refusal("no class has a method \"public static void main(String[])\"")
	case 1:
		return found[0], nil
	}
	for _, want := range []string{strings.TrimSuffix(path.Base(source), path.Ext(source)), "Main"} {
		for _, name := range found {
			if name == want || strings.HasSuffix(name, "."+want) {
				return name, nil
			}
		}
	}
	return "", refusal(fmt.Sprintf("several classes have a method main (%s): call one Main", strings.Join(found, ", ")))
}

// class is what has to be known of a class file.
type class struct {
	name string
	main bool // can be started
}

var errClass = errors.New("no class file, or one that is cut short")

// instanceMain is the version of class files whose main may be neither static,
// nor public, nor have a parameter (JEP 512, Java 25).
const instanceMain = 69

// parseClass reads a class file (The Java Virtual Machine Specification, chapter 4).
func parseClass(code []byte) (c class, err error) {
	r := &classReader{rest: code}
	if r.u4() != 0xcafebabe {
		return c, errClass
	}
	r.u2()
	major := r.u2()
	texts, classes := r.constants()
	r.u2() // access
	this := r.u2()
	r.u2() // super
	for range r.u2() {
		r.u2() // interfaces
	}
	r.members(func(uint16, string, string) {}, texts) // fields
	r.members(func(access uint16, name, descriptor string) {
		const public, static, private = 0x0001, 0x0008, 0x0002
		switch {
		case name != "main":
		case descriptor == "([Ljava/lang/String;)V" && access&public != 0 && access&static != 0:
			c.main = true
		case major >= instanceMain && access&private == 0 && (descriptor == "([Ljava/lang/String;)V" || descriptor == "()V"):
			c.main = true
		}
	}, texts)
	c.name = texts[classes[this]]
	if r.short || !validClass(c.name) {
		return class{}, errClass
	}
	return c, nil
}

// validClass refuses names that the java command would take for something else.
func validClass(name string) bool {
	return name != "" && name[0] != '-' && name[0] != '@' && !strings.ContainsAny(name, "\x00 \n;[.")
}

type classReader struct {
	rest  []byte
	short bool
}

func (r *classReader) take(n int) []byte {
	if n < 0 || len(r.rest) < n {
		r.short, r.rest = true, nil
		return make([]byte, min(max(n, 0), 8))
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *classReader) u1() byte   { return r.take(1)[0] }
func (r *classReader) u2() uint16 { return binary.BigEndian.Uint16(r.take(2)) }
func (r *classReader) u4() uint32 { return binary.BigEndian.Uint32(r.take(4)) }

// constantSizes are those of the constants' contents, by tag, but for text.
var constantSizes = map[byte]int{
	3: 4, 4: 4, 5: 8, 6: 8, 7: 2, 8: 2, 9: 4, 10: 4, 11: 4, 12: 4, 15: 3, 16: 2, 17: 4, 18: 4, 19: 2, 20: 2,
}

// constants reads the constant pool: texts, and the numbers of classes' names.
func (r *classReader) constants() (texts map[uint16]string, classes map[uint16]uint16) {
	texts, classes = map[uint16]string{}, map[uint16]uint16{}
	count := int(r.u2())
	for i := 1; i < count && !r.short; i++ {
		tag := r.u1()
		size, known := constantSizes[tag]
		switch {
		case tag == 1:
			texts[uint16(i)] = string(r.take(int(r.u2())))
		case tag == 7:
			classes[uint16(i)] = r.u2()
		case !known:
			r.short = true
		default:
			r.take(size)
		}
		if tag == 5 || tag == 6 {
			i++ // long and double take two
		}
	}
	return texts, classes
}

// members reads fields or methods.
func (r *classReader) members(each func(access uint16, name, descriptor string), texts map[uint16]string) {
	for range r.u2() {
		access, name, descriptor := r.u2(), r.u2(), r.u2()
		for range r.u2() {
			r.u2()
			r.take(int(r.u4()))
		}
		if r.short {
			return
		}
		each(access, texts[name], texts[descriptor])
	}
}
