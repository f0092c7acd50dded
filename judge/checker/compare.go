// Package checker decides whether an output is a right answer.
//
// Its one idea: a checker is a function of two streams, output and answer, to
// a [Result] that carries its evidence. The built-in ones ([Exact], [Lines],
// [Tokens]) read both once, side by side, and keep no more than what they
// compare. A checker that is a program of its own speaks a [Protocol].
package checker

import "io"

// Comparer is a built-in checker: Exact, Lines or Tokens. It is safe for
// concurrent use.
type Comparer interface {
	// Compare reads both to the first difference or the end. It never says
	// Failed: an error is one of a reader, and names it.
	Compare(output, answer io.Reader) (Result, error)
	// String is what [Parse] makes the same checker of.
	String() string
}

// Exact accepts an output that is the answer byte for byte.
type Exact struct{}

// Lines accepts an output whose lines are the answer's, but for blanks at the
// ends of lines, CR before LF, and empty lines at the end of the text.
type Lines struct {
	// IgnoreCase takes ASCII letters for equal to their other case.
	IgnoreCase bool
}

// Tokens accepts an output whose tokens are the answer's. Tokens are what
// stands between bytes of white space.
type Tokens struct {
	// IgnoreCase takes ASCII letters for equal to their other case.
	IgnoreCase bool
	// ExactSpace wants the white space between tokens to be the same, too.
	ExactSpace bool
	// Tolerance compares tokens that are numbers in the answer as numbers.
	Tolerance *Tolerance
}

// Tolerance is by how much a number may differ: it is right if it is within
// one of the two.
type Tolerance struct {
	// Absolute is the difference itself, Relative the difference as part of
	// the answer. Zero allows none.
	Absolute, Relative float64
}
