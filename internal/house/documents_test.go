package house

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/internal/doctor"
	"github.com/bailiff-judge/bailiff/internal/selftest"
	"github.com/bailiff-judge/bailiff/judge"
	"github.com/bailiff-judge/bailiff/judge/pack"
	"github.com/bailiff-judge/bailiff/runner"
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

// TestOperatorsAreToldEveryWord holds that docs/operators.md explains each field
// of a result, each status and verdict, and each row of the doctor's that is
// about times.
func TestOperatorsAreToldEveryWord(t *testing.T) {
	text := document(t, "docs/operators.md")
	fields := map[string]bool{}
	// A run's result writes itself, so it is looked at; all others have tags.
	full := runner.Result{
		Error: "x", Signal: 9, Instructions: 1, InstructionsError: "x", Limit: &runner.Limit{}, Violation: &runner.Violation{}, Crash: &runner.Crash{},
		MeasuredBy: runner.MeasuredBy{Instructions: "x"},
	}
	out, err := json.Marshal(&full)
	require.NoError(t, err)
	var value any
	require.NoError(t, json.Unmarshal(out, &value))
	keys(value, fields)
	seen := map[reflect.Type]bool{reflect.TypeFor[runner.Result](): true}
	for _, shape := range []reflect.Type{reflect.TypeFor[judge.Result](), reflect.TypeFor[pack.Verification](), reflect.TypeFor[runner.Stats]()} {
		tags(shape, fields, seen)
	}
	require.Greater(t, len(fields), 60)
	for name := range fields {
		assert.Contains(t, text, "`"+name+"`", "a field")
	}
	var status runner.Status
	for ; !strings.Contains(status.String(), "("); status++ {
		assert.Contains(t, text, "\n| `"+status.String()+"` |")
	}
	var verdict judge.Verdict
	for ; !strings.Contains(verdict.String(), "("); verdict++ {
		assert.Contains(t, text, "\n| `"+verdict.String()+"` |")
	}
	for _, c := range doctor.Checks() {
		if c.Class == "repeatability" || c.Class == "time" {
			assert.Contains(t, text, c.Name, "a row of the doctor's")
		}
	}
}

// keys are the names of all fields of a JSON value.
func keys(value any, names map[string]bool) {
	switch v := value.(type) {
	case map[string]any:
		for name, within := range v {
			names[name] = true
			keys(within, names)
		}
	case []any:
		for _, within := range v {
			keys(within, names)
		}
	}
}

// tags are those of all fields of a type that is written as JSON.
func tags(t reflect.Type, names map[string]bool, seen map[reflect.Type]bool) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		tags(t.Elem(), names, seen)
	case reflect.Struct:
		if seen[t] {
			return
		}
		seen[t] = true
		for field := range t.Fields() {
			if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" && name != "-" {
				names[name] = true
				tags(field.Type, names, seen)
			}
		}
	}
}
