package policy

// Definition is a policy as its author writes it.
type Definition struct {
	// About says in a sentence whom it is for.
	About string `yaml:"about,omitempty"`
	// Extends names a policy that decides where this one doesn't: one of
	// [Names], or in a file also the path of another, relative to it.
	Extends string `yaml:"extends,omitempty"`
	// Default is the action for calls that no rule decides; "" is that of the
	// policy extended, or kill.
	Default string `yaml:"default,omitempty"`
	// Rules are tried in order.
	Rules []Rule `yaml:"rules,omitempty"`
	// Files says which paths may be used. Without any here and in what it
	// extends, all may, and no supervisor is needed.
	Files *Files `yaml:"files,omitempty"`
}

// Rule decides about some calls.
type Rule struct {
	// Do is the action: allow, log, ask, kill, trap, or an errno.
	Do string `yaml:"do"`
	// Calls are names of calls, and of groups with a dollar sign ([Groups]).
	Calls []Call `yaml:"calls,flow"`
	// When are conditions on the arguments that must all hold.
	When []Condition `yaml:"when,omitempty"`
	// Why is shown to whoever asks for the reason.
	Why string `yaml:"why,omitempty"`

	line int // in the file, 0 if there is none
}

// Call is the name of a system call, or with a dollar sign that of a group.
type Call string

// Condition tests one argument, or joins other conditions. Of Is, Not, In,
// AnyBit, From with To, All and Any exactly one is set; Is may have a Mask.
type Condition struct {
	Arg *int `yaml:"arg,omitempty"` // 0 to 5
	// Type is how much of the argument the kernel looks at, where the table
	// of package seccomp doesn't know: int, uint, long, ulong, mode, pointer.
	Type string `yaml:"type,omitempty"`

	Is     *Value  `yaml:"is,omitempty"`      // the argument, or its bits in Mask
	Mask   *Value  `yaml:"mask,omitempty"`    //
	Not    *Value  `yaml:"not,omitempty"`     // another than this
	In     []Value `yaml:"in,omitempty,flow"` // one of these
	AnyBit *Value  `yaml:"any_bit,omitempty"` // at least one of these bits
	From   *Value  `yaml:"from,omitempty"`    // at least this,
	To     *Value  `yaml:"to,omitempty"`      // and at most this

	All []Condition `yaml:"all,omitempty"`
	Any []Condition `yaml:"any,omitempty"`
}

// Value is a number, in YAML also the name of a constant, or several joined by
// a bar: CLONE_VM|CLONE_VFORK.
type Value uint64

// Files are rules about paths. What no rule allows is denied, and deny stands
// over allow. A file or directory is not renamed, even where both names may be
// written to, if it or something in it could be used in more ways by the new name.
//
// Names of AF_UNIX sockets are denied, whatever the rules allow their paths, and
// so are such sockets but pairs of SOCK_STREAM and SOCK_SEQPACKET.
type Files struct {
	// Denied is the answer: an errno, or kill; "" is that of the policy
	// extended, or EACCES.
	Denied string     `yaml:"denied,omitempty"`
	Allow  []FileRule `yaml:"allow,omitempty"`
	Deny   []FileRule `yaml:"deny,omitempty"`
}

// FileRule is about some kinds of access to some paths.
type FileRule struct {
	// Access are read, write, create, execute and stat. To allow any of them
	// allows stat; to deny stat denies all.
	Access []string `yaml:"access,flow"`
	// Paths are absolute, as they are once every symlink is resolved:
	//
	//	/etc/passwd     that file
	//	/tmp/           a directory and what is directly in it
	//	/usr/**         a tree: the directory and all below it
	//	/usr/lib*/*.so  a glob, in which * and ? don't match a slash
	Paths []string `yaml:"paths,flow"`
	// Why is shown to whoever asks for the reason.
	Why string `yaml:"why,omitempty"`

	line int
}
