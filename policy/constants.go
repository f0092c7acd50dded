package policy

import (
	"maps"
	"slices"

	"github.com/bailiff-judge/bailiff/internal/constant"
)

// constants are the names that conditions may use for numbers.
var constants = func() map[string]Value {
	known := make(map[string]Value)
	for name, value := range constant.Names() {
		known[name] = Value(value)
	}
	return known
}()

func constantNames() []string { return slices.Sorted(maps.Keys(constants)) }
