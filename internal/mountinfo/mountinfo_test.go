package mountinfo

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestUnescape(t *testing.T) {
	for text, want := range map[string]string{
		`/a\040b\134`: `/a b\`, `/a`: "/a", `\`: `\`, `\04`: `\04`, `a\x`: `a\x`, `\777`: `\777`, `\999`: `\999`, `\011\012`: "\t\n",
	} {
		assert.Equal(t, want, Unescape(text))
	}
}
