// Package house holds no code, only the test that the packages of this module
// stand on each other as ARCHITECTURE.md says: arrows go down only, and a
// package can be imported without what stands above it.
package house

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/bailiff-judge/bailiff"

// floors is the house, the roof first. A package may import those of the floors
// below its own, never its neighbours.
var floors = [][]string{
	{"cmd/runprog", "cmd/forkbench"},
	{"cmd/internal/usage", "cmd/forkbench/internal/render", "cmd/runprog/internal/report"},
	{"cmd/forkbench/internal/rows"},
	{"cmd/forkbench/internal/bench", "cmd/forkbench/internal/tinyprog"},
	{"judge/pack"},
	{"judge"},
	{"judge/language", "judge/checker"},
	{"runner"},
	{"ptracer", "notify"},
	{"supervisor"},
	{"policy"},
	{"forkexec"},
	{"seccomp", "mount", "rlimit", "cgroup", "landlock"},
}

// outside are the modules that a library package may bring along. Each one
// more is one more that every importer has to trust.
var outside = []string{
	"golang.org/x/sys",
	"golang.org/x/net",  // bpf
	"golang.org/x/arch", // the instruction that crashed
	"github.com/ianlancetaylor/demangle",
	"github.com/elastic/go-seccomp-bpf",
	"github.com/goccy/go-yaml",
	"github.com/BurntSushi/toml",
}

// testsOnly are internal packages that no program may contain.
var testsOnly = []string{"internal/leakcheck", "internal/testprog", "internal/house"}

// listed is what go list says of a package.
type listed struct {
	ImportPath string
	Deps       []string // all of them, not only what it imports itself
}

func list(t *testing.T, args ...string) []listed {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skipf("the go command is needed to list packages: %v", err)
	}
	out, err := exec.Command("go", append([]string{"list", "-json=ImportPath,Deps"}, args...)...).Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		require.NoError(t, err, "%s", exit.Stderr)
	}
	require.NoError(t, err)
	var packages []listed
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		require.NoError(t, err)
		packages = append(packages, p)
	}
}

// floor is the number of a package's floor, counted from the roof, or -1.
func floor(name string) int {
	return slices.IndexFunc(floors, func(names []string) bool { return slices.Contains(names, name) })
}

// TestArrowsGoDownOnly looks at what a package brings along by whatever way, so
// that no arrow can go up by way of an internal package.
func TestArrowsGoDownOnly(t *testing.T) {
	for _, p := range list(t, module+"/...") {
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		from := floor(name)
		if strings.HasPrefix(name, "internal/") {
			continue
		}
		assert.GreaterOrEqual(t, from, 0, "%s has no floor in the house: give it one here and in ARCHITECTURE.md", name)
		for _, dep := range p.Deps {
			if to := floor(strings.TrimPrefix(dep, module+"/")); to >= 0 {
				assert.Greater(t, to, from, "%s brings %s along, which is not below it", name, dep)
			}
		}
	}
}

func TestLibraryIsLight(t *testing.T) {
	for _, p := range list(t, "-deps", module+"/...") {
		name, ours := strings.CutPrefix(p.ImportPath, module+"/")
		if !ours || slices.Contains(testsOnly, name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			command := strings.HasPrefix(name, "cmd/")
			for _, dep := range p.Deps {
				own, isOwn := strings.CutPrefix(dep, module+"/")
				switch {
				case isOwn:
					assert.NotContains(t, testsOnly, own)
				case strings.Contains(dep, "testify"), dep == "testing":
					assert.Fail(t, "test code in a program", dep)
				case command || !strings.Contains(strings.SplitN(dep, "/", 2)[0], "."):
					// A command may take what it likes; the standard library is free.
				default:
					known := func(m string) bool { return dep == m || strings.HasPrefix(dep, m+"/") }
					assert.True(t, slices.ContainsFunc(outside, known), "brings %s along", dep)
				}
			}
		})
	}
}

// TestReadmeIsCompiled holds that the README's library example is the one that
// the tests of package runner run.
func TestReadmeIsCompiled(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	_, code, found := strings.Cut(string(readme), "```go\n")
	require.True(t, found)
	code, _, found = strings.Cut(code, "```")
	require.True(t, found)
	example, err := os.ReadFile("../../runner/example_test.go")
	require.NoError(t, err)
	words := func(text string) string { return strings.Join(strings.Fields(text), " ") }
	assert.Contains(t, words(string(example)), words(code))
}
