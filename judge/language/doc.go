// Package language turns sources of some twenty languages into programs that a
// [runner.Sandbox] runs.
//
// Its one idea: a language is data. A [Language] is a page of TOML that says
// which tools it takes, how they are called, and what of the machine they must
// see; nothing in the code knows a language by its name. A [Finder] looks for
// the tools on this machine, a [Compiler] calls them in a sandbox, and keeps
// what they make by its content, so that no source is compiled twice.
//
//	set, err := language.Builtin()
//	lang, err := set.Detect(sources)
//	compiler, err := language.NewCompiler(language.CompilerOptions{})
//	program, compilation, err := compiler.Compile(ctx, sandbox, lang, sources, language.Options{})
//	if compilation.Status == language.CompileError { ... }
//	defer program.Close()
//	spec := program.Spec(runner.Limits{CPU: time.Second})
//	spec.Stdin, spec.Stdout = in, out
//	result, err := sandbox.Run(ctx, spec)
package language
