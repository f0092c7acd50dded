// Package testdata holds the sources of hostile programs, for commands that
// bring them along.
package testdata

import "embed"

// Programs are C programs, one a file, each with its own account in its opening
// comment, and common.h.
//
//go:embed programs/*.c programs/common.h
var Programs embed.FS
