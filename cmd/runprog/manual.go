package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"github.com/cpuguy83/go-md2man/v2/md2man"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manualCommand writes the manual. It is for whoever packages runprog, so the
// help does not list it.
func manualCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "manual [DIR]",
		Short: "Write the manual pages of runprog and of each of its commands",
		Long: `manual writes a manual page for runprog and for each of its commands into a
directory, the one that you are in if none is named: runprog.1, runprog-run.1
and so on. They are made of the same tables as the help.

Exit status: 0 all are written, 2 they can't be.`,
		Example: `  runprog manual /usr/local/share/man/man1
  man runprog-run`,
		Hidden: true,
		Args:   cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			if info, err := os.Stat(dir); err == nil && !info.IsDir() {
				return fmt.Errorf("%s is a file: name the directory for the pages", dir)
			}
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return err
			}
			return writePages(cmd.Root(), dir)
		},
	}
}

// writePages writes the page of a command and of those below it.
func writePages(cmd *cobra.Command, dir string) error {
	if err := os.WriteFile(filepath.Join(dir, pageName(cmd)+".1"), page(cmd), 0o644); err != nil {
		return err
	}
	for _, sub := range shown(cmd) {
		if err := writePages(sub, dir); err != nil {
			return err
		}
	}
	return nil
}

// shown are the commands below one that are in the manual: cobra's own, for help
// and completion, are explained by themselves.
func shown(cmd *cobra.Command) (list []*cobra.Command) {
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() && sub.Name() != "completion" {
			list = append(list, sub)
		}
	}
	return list
}

// pageName is a command's: runprog-policy-show.
func pageName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// page is a command's page, as man(7) has it.
func page(cmd *cobra.Command) []byte {
	var b strings.Builder
	section := func(name, text string) {
		if text != "" {
			fmt.Fprintf(&b, "# %s\n\n%s\n\n", name, text)
		}
	}
	about, status := splitStatus(cmd.Long)
	if about == "" {
		about = cmd.Short + "."
	}
	fmt.Fprintf(&b, "%% %q %q %q %q %q\n\n", strings.ToUpper(pageName(cmd)), "1", built().Format("January 2006"), "Bailiff", "User Commands")
	section("NAME", pageName(cmd)+" - "+plain(lowerFirst(cmd.Short)))
	section("SYNOPSIS", synopsis(cmd))
	section("DESCRIPTION", prose(about))
	section("COMMANDS", commands(cmd))
	section("OPTIONS", options(cmd.NonInheritedFlags()))
	section("OPTIONS OF ALL COMMANDS", options(cmd.InheritedFlags()))
	section("STATUSES", meanings(cmd))
	section("EXIT STATUS", status)
	section("ENVIRONMENT", environment(cmd))
	section("EXAMPLES", code(cmd.Example))
	section("SEE ALSO", related(cmd))
	return md2man.Render([]byte(b.String()))
}

var (
	statusBegin = regexp.MustCompile(`(?s)\n*Exit status:\s+(.*)$`)
	statusItem  = regexp.MustCompile(`(?:^|,\s+)([0-9])\b`)
)

// splitStatus takes what a help says about exit statuses out of it, as a list.
func splitStatus(long string) (about, list string) {
	found := statusBegin.FindStringSubmatchIndex(long)
	if found == nil {
		return long, ""
	}
	text := strings.TrimSuffix(long[found[2]:found[3]], ".")
	var b strings.Builder
	items := statusItem.FindAllStringSubmatchIndex(text, -1)
	for i, item := range items {
		end := len(text)
		if i+1 < len(items) {
			end = items[i+1][0]
		}
		define(&b, text[item[2]:item[3]], strings.TrimSpace(text[item[1]:end]))
	}
	return long[:found[0]], b.String()
}

// define writes a term and what it means.
func define(b *strings.Builder, term, meaning string) {
	fmt.Fprintf(b, "**%s**\n:   %s\n\n", plain(term), strings.ReplaceAll(meaning, "\n", " "))
}

// prose is a help's text: paragraphs, and indented examples.
func prose(text string) string {
	parts := strings.Split(text, "\n\n")
	for i, part := range parts {
		if strings.HasPrefix(part, "  ") {
			parts[i] = code(part)
		}
	}
	return strings.Join(parts, "\n\n")
}

// code is text that stays as it is, but for its indentation.
func code(text string) string {
	if text == "" {
		return ""
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimPrefix(line, "  "))
	}
	return "```\n" + b.String() + "\n```"
}

func synopsis(cmd *cobra.Command) string {
	line := cmd.UseLine()
	if cmd.HasAvailableSubCommands() && !strings.Contains(cmd.Use, " ") {
		line = cmd.CommandPath() + " COMMAND [flags]"
	}
	path := cmd.CommandPath()
	return "**" + path + "**" + plain(strings.TrimPrefix(line, path))
}

func commands(cmd *cobra.Command) string {
	var b strings.Builder
	for _, sub := range shown(cmd) {
		define(&b, sub.CommandPath(), plain(sub.Short)+"; see **"+pageName(sub)+"**(1)")
	}
	return b.String()
}

// options are flags, as the help shows them.
func options(flags *pflag.FlagSet) string {
	var b strings.Builder
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		kind, usage := pflag.UnquoteUsage(f)
		fmt.Fprintf(&b, "**--%s**", f.Name)
		if kind != "" && f.NoOptDefVal == "" {
			fmt.Fprintf(&b, " *%s*", plain(kind))
		}
		if hasDefault(f) {
			usage += fmt.Sprintf(" (default %s)", f.DefValue)
		}
		fmt.Fprintf(&b, "\n:   %s\n\n", plain(usage))
	})
	return b.String()
}

// hasDefault says whether a flag's default is to be shown, and is not in its
// usage already.
func hasDefault(f *pflag.Flag) bool {
	switch f.DefValue {
	case "", "0", "false", "[]":
		return false
	}
	return !strings.Contains(f.Usage, "(default")
}

// meanings are the words of a command's results.
func meanings(cmd *cobra.Command) string {
	var b strings.Builder
	switch cmd.Name() {
	case "run":
		b.WriteString("The status is the first of these that fits:\n\n")
		for _, m := range statusMeanings {
			define(&b, m.status.String(), m.when)
		}
		b.WriteString("Limits on processes, stack, open files and file size have no status of their own: what is beyond them fails, and the status tells what the program made of that.\n")
	case "judge", "verify":
		b.WriteString("The verdict of a submission, and of a test:\n\n")
		for _, m := range verdictMeanings {
			define(&b, m.verdict.String(), m.when)
		}
	}
	return b.String()
}

// environment is what commands take from theirs.
func environment(cmd *cobra.Command) string {
	var b strings.Builder
	for _, v := range []struct{ name, commands, use string }{
		{"CC", "selftest", "the compiler for the attacks; else cc, gcc or clang"},
		{"NO_COLOR", "judge verify", "if it is set, no colours"},
		{"TERM", "judge verify", "if it is dumb, no colours"},
		{"TMPDIR", "judge verify selftest", "where files are kept meanwhile; else /tmp"},
		{"XDG_CACHE_HOME", "judge verify", "where compiled programs are kept; else .cache in the home directory"},
	} {
		for name := range strings.FieldsSeq(v.commands) {
			if name == cmd.Name() {
				define(&b, v.name, v.use)
			}
		}
	}
	return b.String()
}

// related are the pages of the commands above and below.
func related(cmd *cobra.Command) string {
	var pages []string
	if cmd.HasParent() {
		pages = append(pages, pageName(cmd.Parent()))
	}
	for _, sub := range shown(cmd) {
		pages = append(pages, pageName(sub))
	}
	for i, name := range pages {
		pages[i] = "**" + name + "**(1)"
	}
	return strings.Join(pages, ", ")
}

// built is when this command was, as far as is known: pages of the same build
// are the same.
func built() time.Time {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if when, err := time.Parse(time.RFC3339, s.Value); s.Key == "vcs.time" && err == nil {
				return when
			}
		}
	}
	return time.Now()
}

// plain keeps what marks text in markdown from doing so.
func plain(text string) string {
	return regexp.MustCompile("[\\\\`*_{}\\[\\]<>#|~]").ReplaceAllString(text, `\$0`)
}

func lowerFirst(text string) string { return strings.ToLower(text[:1]) + text[1:] }
