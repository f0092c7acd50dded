package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/judge"
	"github.com/bailiff-judge/bailiff/runner"
)

// packed is a text without what a page may break differently.
func packed(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), ""), "`", "")
}

// rendered is a page as people see it, with whatever groff warns about.
func rendered(t *testing.T, file string) string {
	t.Helper()
	if _, err := exec.LookPath("groff"); err != nil {
		t.Skip(err)
	}
	cmd := exec.Command("groff", "-ww", "-man", "-Tascii", "-P-c", "-P-b", "-P-o", "-P-u", "-rHY=0", file)
	var out, warnings bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &warnings
	require.NoError(t, cmd.Run(), warnings.String())
	assert.Empty(t, warnings.String())
	return out.String()
}

// A page says all that the help says.
func TestManual(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "man", "man1")
	got := runprog(t, "manual", dir)
	require.Equal(t, outcome{}, got)
	var visit func(cmd *cobra.Command)
	pages := 0
	visit = func(cmd *cobra.Command) {
		pages++
		t.Run(cmd.CommandPath(), func(t *testing.T) {
			file := filepath.Join(dir, strings.ReplaceAll(cmd.CommandPath(), " ", "-")+".1")
			text := rendered(t, file)
			all := packed(text)
			// The exit statuses stand apart from the rest, as a list.
			about, status, _ := strings.Cut(cmd.Long, "Exit status: ")
			assert.Contains(t, all, packed(about))
			for part := range strings.SplitSeq(strings.TrimSuffix(status, "."), ",") {
				assert.Contains(t, all, packed(part))
			}
			assert.Equal(t, status != "", strings.Contains(text, "\nEXIT STATUS\n"))
			for line := range strings.Lines(cmd.Example) {
				assert.Contains(t, text, strings.TrimPrefix(strings.TrimRight(line, "\n"), "  "))
			}
			cmd.Flags().VisitAll(func(f *pflag.Flag) {
				kind, usage := pflag.UnquoteUsage(f)
				if f.NoOptDefVal == "" {
					assert.Contains(t, text, "--"+f.Name+" "+kind)
				}
				assert.Contains(t, all, packed("--"+f.Name))
				assert.Contains(t, all, packed(usage))
			})
			for _, section := range []string{"NAME", "SYNOPSIS", "DESCRIPTION", "SEE ALSO"} {
				assert.Contains(t, text, "\n"+section+"\n")
			}
			assert.NotContains(t, text, "completion(1)")
			if lexgrog, err := exec.LookPath("lexgrog"); err == nil { // what whatis(1) and apropos(1) find
				out, err := exec.Command(lexgrog, file).CombinedOutput()
				assert.NoError(t, err)
				assert.Contains(t, string(out), fmt.Sprintf("%q", strings.ReplaceAll(cmd.CommandPath(), " ", "-")+" - "+strings.ToLower(cmd.Short[:1])+cmd.Short[1:]))
			}
		})
		for _, sub := range cmd.Commands() {
			if !sub.Hidden {
				visit(sub)
			}
		}
	}
	visit(newRoot())
	assert.Len(t, names(t, dir), pages)
}

func TestManualSaysWhatWordsMean(t *testing.T) {
	dir := t.TempDir()
	require.Zero(t, runprog(t, "manual", dir).code)
	run := rendered(t, filepath.Join(dir, "runprog-run.1"))
	var s runner.Status
	for ; !strings.Contains(s.String(), "("); s++ {
		require.Less(t, int(s), len(statusMeanings))
		assert.Equal(t, s, statusMeanings[s].status, "in the order in which they are decided")
		assert.Contains(t, run, "\n       "+s.String())
	}
	assert.Len(t, statusMeanings, int(s))
	var v judge.Verdict
	page := rendered(t, filepath.Join(dir, "runprog-judge.1"))
	for ; !strings.Contains(v.String(), "("); v++ {
		assert.Contains(t, page, "\n       "+v.String())
	}
	assert.Len(t, verdictMeanings, int(v))
}

func TestManualMistakes(t *testing.T) {
	cmd := command(t, "manual", "file")
	file(t, cmd.Dir, "file", "")
	got := end(t, cmd)
	assert.Equal(t, exitFailure, got.code)
	assert.Contains(t, got.stderr, "file is a file: name the directory")
	assert.Equal(t, exitFailure, runprog(t, "manual", "one", "two").code)
	if os.Geteuid() != 0 {
		got = runprog(t, "manual", "/usr/share/man/man1")
		assert.Equal(t, exitFailure, got.code)
		assert.Contains(t, got.stderr, "permission denied")
	}
	assert.NotContains(t, runprog(t, "--help").stdout, "manual", "it is for whoever packages runprog")
}
