// Package asmprog makes static programs without a compiler: each is written in
// assembly beside Go code, and copied from this very process's text into an
// ELF file. So there is no second binary to install and nothing prebuilt to
// trust.
package asmprog

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"runtime"
	"unsafe"
)

// end is what stands behind a program's code, so that the copy knows where to
// stop.
var end = []byte("the end!")

// Image returns the executable file of a program: a static one of one segment
// that holds the code at the address, up to the words "the end!", which must
// come within a page. The code is entered at its beginning, and may only jump
// relative to where it is.
//
// The code is no Go object, which checkptr would have a pointer lead to.
//
//go:nocheckptr
func Image(code uintptr) ([]byte, error) {
	const most = 4096
	text := unsafe.Slice((*byte)(unsafe.Add(nil, code)), most)
	size := bytes.Index(text, end)
	if size < 0 {
		return nil, fmt.Errorf("asmprog: the program's end is not within %d bytes", most)
	}
	return image(text[:size]), nil
}

// exitCode is the address of the program that Exit is.
func exitCode() uintptr

// Exit returns the executable file of the least program there is: all it does
// is to exit with 0.
func Exit() ([]byte, error) { return Image(exitCode()) }

func image(text []byte) []byte {
	const address, headers = 0x400000, 64 + 2*56
	machine := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}[runtime.GOARCH]
	size := uint64(headers + len(text))
	header := elf.Header64{
		Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_EXEC), Machine: uint16(machine), Version: uint32(elf.EV_CURRENT),
		Entry: address + headers, Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 2,
	}
	segments := []elf.Prog64{
		{Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_X), Vaddr: address, Paddr: address,
			Filesz: size, Memsz: size, Align: 4096},
		{Type: uint32(elf.PT_GNU_STACK), Flags: uint32(elf.PF_R | elf.PF_W), Align: 16},
	}
	var file bytes.Buffer
	for _, part := range []any{header, segments, text} {
		if err := binary.Write(&file, binary.LittleEndian, part); err != nil {
			panic(err) // fixed-size values into memory
		}
	}
	return file.Bytes()
}
