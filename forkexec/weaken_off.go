//go:build !weaken

package forkexec

import "github.com/bailiff-judge/bailiff/internal/script"

// weakenConfig and weakenCalls take a protection away in builds that are made
// to show that each is missed (build tag weaken). In this one they do nothing.
func weakenConfig(*Config) {}

func weakenCalls(_ string, calls []script.Call) []script.Call { return calls }
