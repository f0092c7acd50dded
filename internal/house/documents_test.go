package house

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/internal/selftest"
)

const root = "../.."

func document(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	require.NoError(t, err)
	return string(text)
}

var (
	testFunction = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	quoted       = regexp.MustCompile("`([^`\n]+)`")
	testName     = regexp.MustCompile(`^(\w+)\.((?:Test|Fuzz)\w+)$`)
)

// testFunctions are those of all packages, as "package.TestName".
func testFunctions(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		code, err := os.ReadFile(path)
		for _, match := range testFunction.FindAllSubmatch(code, -1) {
			found[filepath.Base(filepath.Dir(path))+"."+string(match[1])] = true
		}
		return err
	}))
	return found
}

// TestSecurityNamesWhatIsThere holds that each test, program and class of attacks
// that SECURITY.md gives as evidence exists.
func TestSecurityNamesWhatIsThere(t *testing.T) {
	text := document(t, "SECURITY.md")
	functions := testFunctions(t)
	classes, programs := map[string]bool{}, map[string]bool{}
	for _, a := range selftest.Attacks() {
		classes["selftest "+a.Class] = true
		programs[strings.Fields(a.Command)[0]] = true
	}
	named := map[string]bool{}
	for line := range strings.Lines(text) {
		for _, match := range quoted.FindAllStringSubmatch(line, -1) {
			if testName.MatchString(match[1]) {
				assert.True(t, functions[match[1]], "there is no test %s", match[1])
			}
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if !strings.HasPrefix(line, "|") || len(cells) != 4 || strings.HasPrefix(line, "| | ") { // a row of attacks
			continue
		}
		evidence := quoted.FindAllStringSubmatch(cells[3], -1)
		if first := strings.TrimSpace(cells[0]); !strings.HasPrefix(first, "--") && strings.TrimSpace(cells[3]) != "shown by" {
			assert.NotEmpty(t, evidence, "nothing shows what stops who tries %s", first)
		}
		for _, match := range evidence {
			name := match[1]
			named[name] = true
			switch {
			case testName.MatchString(name):
			case strings.HasPrefix(name, "selftest "):
				assert.True(t, classes[name], "there is no class %s", name)
			default:
				assert.FileExists(t, filepath.Join(root, "testdata/programs", name+".c"))
			}
		}
	}
	for class := range classes {
		assert.True(t, named[class], "SECURITY.md does not say what %s is about", class)
	}
	// What a hostile program is about is told by how its name begins.
	hostile := regexp.MustCompile(`^(abi|cpu|escape|ipc|memory|output|process|race|signal|wall)_`)
	sources, err := filepath.Glob(filepath.Join(root, "testdata/programs/*.c"))
	require.NoError(t, err)
	for _, source := range sources {
		if name := strings.TrimSuffix(filepath.Base(source), ".c"); hostile.MatchString(name) || programs[name] {
			assert.True(t, named[name], "SECURITY.md does not say what stops %s", name)
		}
	}
}
