package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"runtime"
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
		Use:   "languages [ID...]",
		Short: "List the languages that can be judged, and which of them are here",
		Long: `languages lists the languages that runprog knows, with the version of each that
is on this machine, or what to install.

A language is a page of TOML. With --languages it is changed or added to:
what a page says goes before what runprog knows of the language with its id.`,
		Example: `  runprog languages
  runprog languages cpp python3
  runprog languages --format json
  runprog languages show cpp
  runprog languages --languages ./ours.toml`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
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
			languages, err := chosen(set, args)
			if err != nil {
				return err
			}
			lines, err := languageLines(cmd, languages)
			if err != nil {
				return err
			}
			return render(cmd.OutOrStdout(), lines)
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "text or json")
	cmd.PersistentFlags().StringArrayVar(&files, "languages", nil, "read more languages from `FILE|DIR`; may be repeated")
	cmd.AddCommand(&cobra.Command{
		Use:     "show ID",
		Short:   "Print what is known of a language: how it is compiled and run, and what it sees",
		Example: "  runprog languages show cpp",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			set, err := language.Load(files...)
			if err != nil {
				return err
			}
			l, err := set.Find(args[0])
			if err != nil {
				return err
			}
			fmt.Fprint(cmd.OutOrStdout(), l)
			return nil
		},
	})
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

// chosen are the languages with these IDs, or all.
func chosen(set *language.Set, ids []string) ([]*language.Language, error) {
	if len(ids) == 0 {
		return set.Languages(), nil
	}
	var languages []*language.Language
	for _, id := range ids {
		l, err := set.Find(id)
		if err != nil {
			return nil, err
		}
		languages = append(languages, l)
	}
	return languages, nil
}

// languageLines asks several toolchains at the same time: some take seconds to
// start.
func languageLines(cmd *cobra.Command, languages []*language.Language) ([]languageLine, error) {
	lines := make([]languageLine, len(languages))
	errs := make([]error, len(languages))
	var finder language.Finder
	var group sync.WaitGroup
	turns := make(chan struct{}, 2*runtime.NumCPU())
	for i, l := range languages {
		line := &lines[i]
		*line = languageLine{ID: l.ID, Name: l.Name, Extensions: l.Extensions, Variants: []variantLine{},
			Tools: map[string]string{}, Install: installLine{l.Install.Debian, l.Install.Note}}
		for _, id := range slices.Sorted(maps.Keys(l.Variants)) {
			line.Variants = append(line.Variants, variantLine{id, l.Variants[id].Name, id == l.Variant})
		}
		group.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
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
	also := ""
	if len(variants) > 0 {
		also = "; also " + strings.Join(variants, " ")
	}
	_, err := fmt.Fprintf(w, "%s\n\n%d of %d languages are here%s\n", t.Render(), here, len(lines), also)
	return err
}
