package pack

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestYAML(t *testing.T) {
	value, err := parseYAML([]byte("a: 1\nb: [x, 2.5, true, ~, -inf, .inf]\nc:\n  d: |\n    text\n  'e f': \"q\\n\"\n2023-07: 2023-07\n"))
	require.NoError(t, err)
	o := value.(*object)
	assert.Equal(t, []string{"a", "b", "c", "2023-07"}, o.keys)
	assert.Equal(t, int64(1), o.values["a"])
	assert.Equal(t, []any{"x", 2.5, true, nil, "-inf", math.Inf(1)}, o.values["b"])
	assert.Equal(t, "2023-07", o.values["2023-07"])
	c := o.values["c"].(*object)
	assert.Equal(t, "text\n", c.values["d"])
	assert.Equal(t, "q\n", c.values["e f"])
	assert.Equal(t, 3, o.lines["c"])
}

func TestYAMLThatIsRefused(t *testing.T) {
	bomb := "a: &a [x, x]\n"
	for c := 'b'; c < 'z'; c++ {
		bomb += string(c) + ": &" + string(c) + " [*" + string(c-1) + ", *" + string(c-1) + "]\n"
	}
	for name, test := range map[string]struct{ text, want string }{
		"aliases":         {bomb, "line 1"},
		"merge":           {"a: &x {b: 1}\nc:\n  <<: *x\n", "aliases"},
		"brackets":        {strings.Repeat("[", 100000), "deep"},
		"braces":          {"a: " + strings.Repeat("{a: ", 1000) + strings.Repeat("}", 1000), "deep"},
		"dashes":          {strings.Repeat("- ", 50000) + "x\n", "deep"},
		"size":            {strings.Repeat("# comment\n", 100000), "larger"},
		"twice":           {"a: 1\na: 2\n", "a"},
		"two documents":   {"a: 1\n---\nb: 1\n", "second document"},
		"no YAML":         {"a: [1\n", ""},
		"tag":             {"a: !!binary aGFsbG8=\n", "line 1"},
		"a key of a list": {"? [a]\n: 1\n", ""},
	} {
		_, err := parseYAML([]byte(test.text))
		assert.ErrorContains(t, err, test.want, name)
	}
}

func FuzzYAML(f *testing.F) {
	f.Add([]byte("limits:\n  time_limit: 1.5\n  memory: 256\ntype: [scoring, interactive]\n"))
	f.Add([]byte("accepted/*.py:\n  permitted: [AC, TLE]\n  secret/1:\n    required: [TLE]\n"))
	f.Add([]byte("a: &a [*a]\n- - - ? : |\n  x\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		value, err := parseYAML(data)
		if err == nil {
			_, _ = texts(value)
			_, _ = number(value)
		}
	})
}
