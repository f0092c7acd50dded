package language

import (
	"fmt"
	"regexp"
	"strings"
)

// Language says how sources become a program. It is read from TOML by
// [Builtin] and [Load], and not changed afterwards.
type Language struct {
	// ID is what it is called in flags and files: small letters and digits.
	ID string `toml:"id"`
	// Name is what it is called in text.
	Name string `toml:"name"`
	// Extensions are those of sources that are compiled, with their dots;
	// Headers those of files that only have to be there.
	Extensions []string `toml:"extensions"`
	Headers    []string `toml:"headers"`
	// Text is a regular expression that tells by its matches in a source that
	// it is of this language, where several have its extension.
	Text string `toml:"text"`

	// Source is what a source is called whose own name the compiler would not
	// take, or that has none: "main.cpp".
	Source string `toml:"source"`
	// Names is a regular expression for the file names that the compiler
	// takes; "" is [defaultNames].
	Names string `toml:"names"`
	// Unit is a regular expression whose group is what a source has to be
	// called, without its extension: the name of Java's public class.
	Unit string `toml:"unit"`
	// Main says what {main} is: the main source's name (MainSource, or ""), or
	// the class with the method main (MainClass).
	Main string `toml:"main"`
	// Noise is a regular expression for what the compiler says when all is well.
	// It is taken out of the diagnostics of sources that compile.
	Noise string `toml:"noise"`
	// Interpreted says that the sources are the program. Compiling them is a
	// check of their syntax.
	Interpreted bool `toml:"interpreted"`

	// Tools are the programs it takes, by the names that commands call them by.
	Tools map[string]*Tool `toml:"tools"`
	// Version is the tool whose version is the language's.
	Version string `toml:"version"`
	// Install says which packages of a distribution have the tools.
	Install Install `toml:"install"`

	// Prepare, if it has arguments, makes something once for a toolchain that
	// every compilation needs, such as a compiled standard library: what it
	// leaves in /prepared is there, read-only, when sources are compiled.
	Prepare Command `toml:"prepare"`
	// PrepareFor is a regular expression: what is prepared is for sources in
	// which it matches; "" is all.
	PrepareFor string  `toml:"prepare_for"`
	Compile    Command `toml:"compile"`
	Run        Command `toml:"run"`

	// Variant is the ID of the one in Variants that is meant if none is named.
	Variant string `toml:"variant"`
	// Variants are versions of the language, each a language by its ID.
	Variants map[string]Variant `toml:"variants"`

	variant []string // arguments of the one that is meant
	pages   []page   // what it was read from
}

// String returns the pages of TOML that the language was read from, each after
// a comment with its file's name.
func (l *Language) String() string {
	var b strings.Builder
	for _, p := range l.pages {
		fmt.Fprintf(&b, "# %s\n%s", p.name, p.text)
	}
	return b.String()
}

// The values of Language.Main.
const (
	MainSource = "source"
	MainClass  = "class"
)

// Variant is a version of a language.
type Variant struct {
	Name string `toml:"name"`
	// Args take the place of {variant} in the compiler's arguments.
	Args []string `toml:"args"`
}

// Install are names of packages.
type Install struct {
	Debian []string `toml:"debian"`
	// Note is what else is to be said: where to get it otherwise.
	Note string `toml:"note"`
}

// Tool is a program that is looked for in $PATH.
type Tool struct {
	// Names are what it may be called, the best first.
	Names []string `toml:"names"`
	// Ask are arguments with which it says where it is really: the first line
	// of what it prints is the directory it is installed in, the second, if
	// there is one, the program. Version managers put small programs into $PATH
	// that start the real one.
	Ask []string `toml:"ask"`
	// Answer is a regular expression whose group is that directory, where
	// the tool prints more.
	Answer string `toml:"answer"`
	// Version are arguments with which it prints its version: in the first
	// line, or in what matches the regular expression Pattern.
	Version []string `toml:"version"`
	Pattern string   `toml:"pattern"`
}

// Command is how tools are called in a sandbox.
//
// In Args and Env {NAME} is the path of a tool, {NAME.prefix} the directory that
// it is installed in, and: {out} the directory of the program, {prepared}
// what Prepare has made, {main} the main source or class, {stem} the main
// source's name without extension, {memory} and {stack} the limits in MiB. An
// argument that speaks of a limit is left out if there is none. An argument
// that is {sources}, {variant} or {flags} is replaced by as many as there are.
type Command struct {
	Args []string          `toml:"args"`
	Env  map[string]string `toml:"env"`
	// View is how much of the machine's system it sees, besides the tools in
	// Args: "none", "libraries" (what programs are linked with), or "system"
	// (also /usr/bin, /usr/include and /usr/libexec).
	View View `toml:"view"`
	// Files are patterns of path.Match for what else it sees. What isn't there
	// is left out.
	Files []string `toml:"files"`
	// Tools are those that Args do not name and that are called all the same.
	Tools []string `toml:"tools"`
	// Policy is one of policy.Names; "" is "compiler" for compilers and
	// "default" for programs.
	Policy string `toml:"policy"`
	// Threads and Memory (in MiB) are what the runtime takes for itself. The program's
	// limits are raised by as much.
	Threads int   `toml:"threads"`
	Memory  int64 `toml:"memory"`
}

// defaultNames are file names that no tool takes for something else.
const defaultNames = `^[A-Za-z0-9_][A-Za-z0-9_.+-]*$`

// policyName is the name of a command's policy.
func (c *Command) policyName(fallback string) string {
	if c.Policy == "" {
		return fallback
	}
	return c.Policy
}

// names is the compiled form of Names.
func (l *Language) names() *regexp.Regexp {
	if l.Names == "" {
		return regexp.MustCompile(defaultNames)
	}
	return regexp.MustCompile(l.Names) // checked by check
}
