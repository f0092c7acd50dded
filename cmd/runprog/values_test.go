package main

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/bailiff-judge/bailiff/runner"
)

func TestValues(t *testing.T) {
	t.Run("time", func(t *testing.T) {
		for text, want := range map[string]time.Duration{
			"1s": time.Second, "1": time.Second, "1.5": 1500 * time.Millisecond, "0.25": 250 * time.Millisecond,
			"500ms": 500 * time.Millisecond, "2m": 2 * time.Minute, "unlimited": runner.Unlimited,
		} {
			var d time.Duration
			require.NoError(t, timeLimit{&d}.Set(text), text)
			assert.Equal(t, want, d, text)
		}
		for _, text := range []string{"", ".", "1.2.3", "1e3", "0x1", "1_0", "nan", "Inf", "1 s", "-1", "0", "0s", "9223372037", "1e30s"} {
			var d time.Duration
			assert.Error(t, timeLimit{&d}.Set(text), text)
		}
	})
	t.Run("size", func(t *testing.T) {
		for text, want := range map[string]int64{
			"1": 1, "1024": 1 << 10, "64M": 64 << 20, "3G": 3 << 30, "2T": 2 << 40, "7K": 7 << 10,
			"9223372036854775807": math.MaxInt64, "unlimited": runner.Unlimited,
		} {
			var n int64
			require.NoError(t, sizeLimit{&n}.Set(text), text)
			assert.Equal(t, want, n, text)
		}
		for _, text := range []string{"", "K", "1k", "1MB", "1.5G", "+1", "-1", "0", "0M", "1 M", "9223372036854775808", "8388608T", "99999999999999999999"} {
			var n int64
			assert.Error(t, sizeLimit{&n}.Set(text), text)
		}
	})
	t.Run("count", func(t *testing.T) {
		var n int
		require.NoError(t, countLimit{&n}.Set("64"))
		assert.Equal(t, 64, n)
		require.NoError(t, countLimit{&n}.Set("unlimited"))
		assert.Equal(t, runner.Unlimited, n)
		for _, text := range []string{"", "1K", "0", "-1", "1.5", "9223372036854775808"} {
			assert.Error(t, countLimit{&n}.Set(text), text)
		}
	})
}

// FuzzValues holds that what a value prints is what it takes.
func FuzzValues(f *testing.F) {
	for _, text := range []string{"1s", "1.5", "64M", "1025K", "unlimited", "9223372036854775807", "0", ".", "T"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var d, d2 time.Duration
		if (timeLimit{&d}).Set(text) == nil {
			assert.True(t, d > 0 || d == runner.Unlimited, "%q is %d", text, d)
			require.NoError(t, timeLimit{&d2}.Set(timeLimit{&d}.String()), text)
			assert.Equal(t, d, d2, text)
		}
		var n, n2 int64
		if (sizeLimit{&n}).Set(text) == nil {
			assert.True(t, n > 0 || n == runner.Unlimited, "%q is %d", text, n)
			require.NoError(t, sizeLimit{&n2}.Set(sizeLimit{&n}.String()), text)
			assert.Equal(t, n, n2, text)
		}
	})
}
