package nearest

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestName(t *testing.T) {
	names := []string{"nofile", "nproc", "cpu", "core", "as"}
	for typed, want := range map[string]string{
		"nofiles":  "nofile", // added
		"nofle":    "nofile", // missing
		"nofike":   "nofile", // changed
		"nofiel":   "nofile", // swapped
		"cpu":      "cpu",
		"pcu":      "cpu",
		"sa":       "as",
		"a":        "as",
		"":         "",
		"whatever": "",
	} {
		assert.Equal(t, want, Name(typed, names), typed)
	}
	assert.Empty(t, Name("cpu", nil))
}

func TestDistanceIsSymmetric(t *testing.T) {
	words := []string{"", "a", "ab", "ba", "abc", "acb", "bca", "nofile", "profile"}
	for _, a := range words {
		for _, b := range words {
			assert.Equal(t, distance(a, b), distance(b, a), "%s %s", a, b)
		}
		assert.Zero(t, distance(a, a))
	}
	assert.Equal(t, 1, distance("abc", "acb"))
	assert.Equal(t, 3, distance("", "abc"))
}
