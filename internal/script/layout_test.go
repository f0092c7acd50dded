package script

import (
	"os"
	"regexp"
	"strconv"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The assembly can't ask Go where a field lies, so both files' numbers are
// compared with the structures here.
func TestAssemblyKnowsTheLayout(t *testing.T) {
	var r row
	var s spawnCall
	want := map[string]uintptr{
		"SPAWN_NR": unsafe.Offsetof(s.nr), "SPAWN_ARGS": unsafe.Offsetof(s.args),
		"SPAWN_ROWS": unsafe.Offsetof(s.rows), "SPAWN_WORDS": unsafe.Offsetof(s.words),
		"SPAWN_OLD_MASK": unsafe.Offsetof(s.oldMask), "SPAWN_FULL_MASK": unsafe.Offsetof(s.fullMask),
		"SPAWN_STAND": unsafe.Offsetof(s.stand), "SPAWN_HOME": unsafe.Offsetof(s.home),
		"ROW_KIND": unsafe.Offsetof(r.kind), "ROW_NR": unsafe.Offsetof(r.nr),
		"ROW_ARGS": unsafe.Offsetof(r.args), "ROW_RELATIVE": unsafe.Offsetof(r.relative),
		"ROW_LOAD": unsafe.Offsetof(r.load), "ROW_IGNORE": unsafe.Offsetof(r.ignore),
		"ROW_OUT": unsafe.Offsetof(r.out), "ROW_SIZE": unsafe.Sizeof(r),
		"ROW_PARENT":      unsafe.Offsetof(r.parent),
		"WORD_FAILED_ROW": wordFailedRow * wordSize, "WORD_ERRNO": wordErrno * wordSize,
	}
	define := regexp.MustCompile(`#define ((?:SPAWN|ROW|WORD)_\w+)\s+(\d+)`)
	for _, file := range []string{"walk_amd64.s", "walk_arm64.s"} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		got := map[string]uintptr{}
		for _, match := range define.FindAllStringSubmatch(string(text), -1) {
			n, err := strconv.Atoi(match[2])
			require.NoError(t, err)
			got[match[1]] = uintptr(n)
		}
		assert.Equal(t, want, got, file)
	}
}
