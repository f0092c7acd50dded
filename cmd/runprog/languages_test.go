package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// languagesHere is what the command says in JSON.
func languagesHere(t *testing.T, args ...string) map[string]languageLine {
	t.Helper()
	got := runprog(t, append([]string{"languages", "--format", "json"}, args...)...)
	require.Equal(t, exitOK, got.code, got.stderr)
	var said struct {
		Version   int
		Languages []languageLine
	}
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &said))
	assert.Equal(t, 1, said.Version)
	byID := map[string]languageLine{}
	for _, l := range said.Languages {
		byID[l.ID] = l
		assert.Equal(t, l.Found, l.Version != nil, l.ID)
		assert.Equal(t, l.Found, l.Missing == nil, l.ID)
		assert.NotEmpty(t, l.Install.Debian, l.ID)
	}
	return byID
}

func TestLanguages(t *testing.T) {
	lines := languagesHere(t, "bash", "perl", "swift", "cpp17")
	assert.Len(t, lines, 4)
	bash := lines["bash"] // everywhere where these tests run
	assert.True(t, bash.Found)
	assert.Contains(t, *bash.Version, "bash")
	assert.FileExists(t, bash.Tools["bash"])

	got := runprog(t, "languages", "show", "cpp17")
	require.Equal(t, exitOK, got.code, got.stderr)
	assert.Contains(t, got.stdout, "# cpp.toml\nid = \"cpp\"\n")
	got = runprog(t, "languages", "show", "ccp")
	assert.Equal(t, exitFailure, got.code)
	assert.Contains(t, got.stderr, `did you mean "cpp"`)

	got = runprog(t, "languages", "bash", "perl", "swift", "cpp17")
	require.Equal(t, exitOK, got.code, got.stderr)
	assert.Regexp(t, `bash +Bash +\.sh \.bash +[0-9.]+ +/`, got.stdout)
	for id, l := range lines {
		if !l.Found {
			assert.Regexp(t, `(?m)^ `+id+` .* -  +no `, got.stdout)
		}
	}
}

func TestLanguagesOfOnesOwn(t *testing.T) {
	dir := t.TempDir()
	page := filepath.Join(dir, "cat.toml")
	require.NoError(t, os.WriteFile(page, []byte(`
id = "cat"
name = "Cat"
extensions = [".cat"]
source = "main.cat"
interpreted = true
version = "cat"
tools.cat = { names = ["no-such-cat"], version = ["--version"] }
install = { debian = ["catpackage"] }
compile.args = ["{cat}"]
run.args = ["{cat}", "{out}/{main}"]
`), 0o666))
	lines := languagesHere(t, "--languages", page, "cat")
	assert.False(t, lines["cat"].Found)
	assert.Equal(t, "no no-such-cat in $PATH: apt-get install catpackage", *lines["cat"].Missing)

	require.NoError(t, os.WriteFile(page, []byte("id = \"cpp\"\n\n[compile]\nargz = []\n"), 0o666))
	got := runprog(t, "languages", "--languages", dir)
	assert.Equal(t, exitFailure, got.code)
	assert.Contains(t, got.stderr, page+`:4: there is no key "compile.argz": did you mean "args"?`)

	got = runprog(t, "languages", "--format", "yaml")
	assert.Equal(t, exitFailure, got.code)
	assert.Contains(t, got.stderr, "text or json")
}
