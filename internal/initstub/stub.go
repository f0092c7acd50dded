// Package initstub is the init of a sandbox's pid namespace: a static program
// of one page that reaps orphans and ends, with everything in its namespace,
// when the judge does.
//
// The program is written in assembly beside the Go code, and copied from this
// very process's text into an ELF file in memory. So there is no second binary
// to install, no hook in the importer's main, and nothing prebuilt to trust.
package initstub

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"github.com/bailiff-judge/bailiff/forkexec"
)

// Lifeline is the descriptor that the program watches: the read end of a pipe
// whose only write end is the judge's. When that is closed, by the judge or
// by its death, the program exits with 0, and the kernel kills everything in
// its pid namespace (pid_namespaces(7)): also what runs under ids that the
// program may not signal. Its resource usage includes that of the orphans that
// had ended before.
//
// It must be started with every other descriptor closed and all signals
// blocked, as pid 1 of a pid namespace.
const Lifeline = 0

// Name is what the program is called in /proc.
const Name = "bailiff-init"

// end marks the end of the code.
var end = []byte("the end!")

// code is the address of the program's text.
func code() uintptr

// Open makes the program, for [forkexec.Config.ExecFile].
func Open() (*os.File, error) {
	const most = 4096
	text := unsafe.Slice((*byte)(unsafe.Add(nil, code())), most)
	size := bytes.Index(text, end)
	if size < 0 {
		return nil, fmt.Errorf("initstub: the program's end is not within %d bytes", most)
	}
	file, err := forkexec.SealedCopy(Name, bytes.NewReader(image(text[:size])))
	if err != nil {
		return nil, err
	}
	// Who executes what he may not read can't be traced from his first
	// instruction on (would_dump in fs/exec.c), nor by one of the same user id.
	if err := file.Chmod(0o111); err != nil {
		file.Close()
		return nil, fmt.Errorf("initstub: %w", err)
	}
	return file, nil
}

// image is a static ELF executable of one segment that holds text.
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
