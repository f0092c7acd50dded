package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/bailiff-judge/bailiff/judge/language"
)

func languagesCommand() *cobra.Command {
	var format string
	var files []string
	cmd := &cobra.Command{
		Use:   "languages",
		Short: "List the languages that can be judged, and which of them are here",
		Long: `languages lists the languages that runprog knows, with the version of each that
is on this machine, or what to install.

A language is a page of TOML. With --languages it is changed or added to:
what a page says goes before what runprog knows of the language with its id.`,
		Example: `  runprog languages
  runprog languages --format json
  runprog languages --languages ./ours.toml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			set, err := language.Load(files...)
			if err != nil {
				return err
			}
			var render func(io.Writer, []languageLine) error
			switch format {
			case "text":
				render = printLanguages
			case "json":
				render = encodeLanguages
			default:
				return fmt.Errorf("--format: %q is no format: text or json", format)
			}
			lines, err := languageLines(cmd, set)
			if err != nil {
				return err
			}
			return render(cmd.OutOrStdout(), lines)
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "text or json")
	cmd.Flags().StringArrayVar(&files, "languages", nil, "read more languages from `FILE|DIR`; may be repeated")
	return cmd
}

// languageLine is one language, in its stable JSON form.
type languageLine struct {
	ID         string        `json:"id"`
	Name       string        `json:"name"`
	Extensions []string      `json:"extensions"`
	Variants   []variantLine `json:"variants"`
	// Found says that it can be used here; then there are a version and tools,
	// else the reason and what to install.
	Found   bool              `json:"found"`
	Version *string           `json:"version"`
	Tools   map[string]string `json:"tools"`
	Missing *string           `json:"missing"`
	Install installLine       `json:"install"`

	program string
}

type variantLine struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Default bool   `json:"default"`
}

type installLine struct {
	Debian []string `json:"debian"`
	Note   string   `json:"note"`
}

// languageLines asks all toolchains at the same time: most of them take their
// time to start.
func languageLines(cmd *cobra.Command, set *language.Set) ([]languageLine, error) {
	languages := set.Languages()
	lines := make([]languageLine, len(languages))
	errs := make([]error, len(languages))
	var finder language.Finder
	var group sync.WaitGroup
	for i, l := range languages {
		line := &lines[i]
		*line = languageLine{ID: l.ID, Name: l.Name, Extensions: l.Extensions, Variants: []variantLine{},
			Tools: map[string]string{}, Install: installLine{l.Install.Debian, l.Install.Note}}
		for _, id := range slices.Sorted(maps.Keys(l.Variants)) {
			line.Variants = append(line.Variants, variantLine{id, l.Variants[id].Name, id == l.Variant})
		}
		group.Go(func() {
			chain, err := finder.Find(cmd.Context(), l)
			if missing, ok := errors.AsType[*language.MissingError](err); ok {
				reason := strings.TrimPrefix(missing.Error(), "language: "+l.Name+": ")
				line.Missing = &reason
				return
			}
			if errs[i] = err; err != nil {
				return
			}
			line.Found, line.Version, line.program = true, &chain.Version, chain.Tools[l.Version].Path
			for name, tool := range chain.Tools {
				line.Tools[name] = tool.Path
			}
		})
	}
	group.Wait()
	return lines, errors.Join(errs...)
}

func encodeLanguages(w io.Writer, lines []languageLine) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(struct {
		Version   int            `json:"version"`
		Languages []languageLine `json:"languages"`
	}{1, lines})
}

// versionNumber is what a version looks like among other words.
var versionNumber = regexp.MustCompile(`[0-9]+(?:\.[0-9]+)+[^\s,;()]*`)

// number is the number in what a tool says of its version, or all of it.
func number(version string) string {
	if found := versionNumber.FindString(version); found != "" {
		return found
	}
	return version
}

// printLanguages prints a table; what is there comes first.
func printLanguages(w io.Writer, lines []languageLine) error {
	t := table.NewWriter()
	style := table.StyleLight
	style.Options = table.OptionsNoBordersAndSeparators
	style.Format.Header = text.FormatDefault
	t.SetStyle(style)
	t.AppendHeader(table.Row{"id", "language", "extensions", "version", "program"})
	here, variants := 0, []string{}
	for _, l := range lines {
		if l.Found {
			here++
			t.AppendRow(table.Row{l.ID, l.Name, strings.Join(l.Extensions, " "), number(*l.Version), l.program})
			for _, v := range l.Variants {
				variants = append(variants, v.ID)
			}
		}
	}
	for _, l := range lines {
		if !l.Found {
			t.AppendRow(table.Row{l.ID, l.Name, strings.Join(l.Extensions, " "), "-", *l.Missing})
		}
	}
	t.SetColumnConfigs([]table.ColumnConfig{
		{Number: 3, WidthMax: 16, WidthMaxEnforcer: text.WrapSoft}, {Number: 5, WidthMax: 76, WidthMaxEnforcer: text.WrapSoft},
	})
	_, err := fmt.Fprintf(w, "%s\n\n%d of %d languages are here; also %s\n", t.Render(), here, len(lines), strings.Join(variants, " "))
	return err
}
