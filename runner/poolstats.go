package runner

import (
	"encoding/json"
	"log/slog"
	"maps"
	"time"
)

// PoolOptions are the choices about sandboxes that stand ready.
type PoolOptions struct {
	// Off makes a new sandbox for every run.
	Off bool
	// MaxIdle is how many may stand ready at one time, for all views together; 0
	// is 32. Each is a process of one page, its namespaces and a cgroup: some
	// 500 KiB of kernel memory. Those in use are as many as there are runs.
	MaxIdle int
	// IdleTime is how long one stands ready unused before it is given back; 0 is
	// 30 seconds.
	IdleTime time.Duration
}

const (
	defaultMaxIdle  = 32
	defaultIdleTime = 30 * time.Second
)

// Stats says what the pool of a sandbox has done so far. It is an [expvar.Var]
// by itself; publish it with expvar.Func to have it read anew each time.
type Stats struct {
	// Made counts the slots that were made, Ahead those of them that were made in
	// the background before anybody asked.
	Made  int64 `json:"made"`
	Ahead int64 `json:"ahead"`
	// Hits counts the runs that found a slot ready, Misses those for which one had
	// to be made, Cold those that could not use one.
	Hits   int64 `json:"hits"`
	Misses int64 `json:"misses"`
	Cold   int64 `json:"cold"`
	// Renewed counts how often what programs can write to was made new in a slot,
	// since one had left something, or might have.
	Renewed int64 `json:"renewed"`
	// Discarded counts the slots that were not used again, by reason: "killed" (a
	// limit, a violation or the caller ended the run), "dirty" (the run left
	// processes behind), "broken" (something of it had failed), "outdated" (what
	// the view shows was replaced), "idle", "excess" and "closed".
	Discarded map[string]int64 `json:"discarded"`
	// Idle is how many stand ready now, InUse how many are in use.
	Idle  int `json:"idle"`
	InUse int `json:"in_use"`
}

// String is the JSON form.
func (s Stats) String() string {
	text, err := json.Marshal(s)
	if err != nil {
		return "{}" // of numbers and names there can be no error
	}
	return string(text)
}

// LogValue groups the numbers, for package slog.
func (s Stats) LogValue() slog.Value {
	return slog.GroupValue(
		slog.Int64("made", s.Made), slog.Int64("ahead", s.Ahead), slog.Int64("hits", s.Hits), slog.Int64("misses", s.Misses),
		slog.Int64("cold", s.Cold), slog.Int64("renewed", s.Renewed), slog.Any("discarded", s.Discarded), slog.Int("idle", s.Idle), slog.Int("in_use", s.InUse))
}

// Why a slot is not used again, as Stats has it.
const (
	killed   = "killed"
	dirty    = "dirty"
	broken   = "broken"
	outdated = "outdated"
	unused   = "idle"
	excess   = "excess"
	closing  = "closed"
)

// Stats says what the sandbox's pool has done so far, and has now.
func (s *Sandbox) Stats() Stats {
	p := s.pool
	p.mutex.Lock()
	defer p.mutex.Unlock()
	stats := p.stats
	stats.Idle, stats.Discarded = len(p.idle), maps.Clone(stats.Discarded)
	return stats
}
