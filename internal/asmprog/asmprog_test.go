package asmprog

import (
	"bytes"
	"debug/elf"
	"io"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Programs made here are run by the tests of those who write them.
func TestImageIsTheCodeUpToItsEnd(t *testing.T) {
	page := make([]byte, 4096)
	copy(page, "some codethe end!and what comes next")
	image, err := Image(uintptr(unsafe.Pointer(&page[0])))
	require.NoError(t, err)
	file, err := elf.NewFile(bytes.NewReader(image))
	require.NoError(t, err)
	require.Len(t, file.Progs, 2)
	text, err := io.ReadAll(file.Progs[0].Open())
	require.NoError(t, err)
	assert.Equal(t, "some code", string(text[file.Entry-file.Progs[0].Vaddr:]))
}

func TestCodeWithoutAnEnd(t *testing.T) {
	page := make([]byte, 4096)
	_, err := Image(uintptr(unsafe.Pointer(&page[0])))
	assert.ErrorContains(t, err, "end")
}
