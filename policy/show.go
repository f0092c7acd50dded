package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// String is the whole policy for people to read: its rules in the order in
// which they are tried, the rules about files, the floor under them, and what
// is in the groups they name.
func (p *Policy) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s: %s\n\nThe first rule that fits decides:\n", p.name, p.about)
	groups := map[string]bool{}
	for _, r := range p.rules() {
		r.write(&text)
		for _, c := range r.Calls {
			if group, ok := strings.CutPrefix(string(c), "$"); ok {
				groups[group] = true
			}
		}
	}
	fmt.Fprintf(&text, "  %s: %s\n", p.fallback.label, actionText(p.fallback.action))

	if p.files != nil {
		text.WriteString("\nPaths:\n")
		rules := p.files.describe()
		for _, what := range slices.Sorted(maps.Keys(rules)) {
			fmt.Fprintf(&text, "  %s: %s\n", what, rules[what])
		}
		fmt.Fprintf(&text, "  names of AF_UNIX sockets, and sockets that could reach one: %s\n", actionText(p.files.denied.action))
	}

	text.WriteString("\nUnder every policy, where it would let the call pass:\n")
	for _, r := range floorRules() {
		r.write(&text)
	}
	text.WriteString("  foreign doors (int 0x80, x32): kill\n")

	if len(groups) > 0 {
		text.WriteString("\nGroups:\n")
	}
	for _, g := range Groups() {
		if groups[g.Name] {
			fmt.Fprintf(&text, "  $%s: %s\n%s", g.Name, g.About, wrap(strings.Join(g.Calls, " "), "      "))
		}
	}
	return text.String()
}

func (r *rule) write(text *strings.Builder) {
	var calls []string
	for _, c := range r.Calls {
		calls = append(calls, string(c))
	}
	line := fmt.Sprintf("%s: %s %s", r.label, actionText(r.action), strings.Join(calls, " "))
	if len(r.when) > 0 {
		line += " if " + whenText(r.calls[0], r.When)
	}
	text.WriteString(wrap(line, "  "))
	if r.Why != "" {
		text.WriteString(wrap("("+r.Why+")", "      "))
	}
}

// wrap breaks text at spaces into lines of up to 100 bytes, all indented.
func wrap(text, indent string) string {
	var lines strings.Builder
	line := indent
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == indent:
			line += word
		case len(line)+1+len(word) > 100:
			lines.WriteString(line + "\n")
			line = indent + "  " + word
		default:
			line += " " + word
		}
	}
	return lines.String() + line + "\n"
}
