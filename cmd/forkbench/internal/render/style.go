package render

import (
	"fmt"
	"image/color"
	"math"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// palette is Okabe and Ito's, which everybody can tell apart, without the
// yellow, which is too light for thin lines.
func palette() []color.Color {
	var colors []color.Color
	for _, rgb := range []uint32{0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7, 0xe69f00, 0x56b4e9, 0x4d4d4d, 0x8c564b} {
		colors = append(colors, color.RGBA{uint8(rgb >> 16), uint8(rgb >> 8), uint8(rgb), 0xff})
	}
	return colors
}

func colorOf(i int) color.Color {
	colors := palette()
	return colors[i%len(colors)]
}

// faint is a color mixed with the white of the page.
func faint(c color.Color) color.Color {
	const share = 0.45
	r, g, b, _ := c.RGBA()
	mix := func(v uint32) uint8 { return uint8(share*float64(v>>8) + (1-share)*0xff) }
	return color.RGBA{mix(r), mix(g), mix(b), 0xff}
}

func grey(level uint8) color.Color { return color.RGBA{level, level, level, 0xff} }

// newPlot is one in the style that all have.
func newPlot(title string) *plot.Plot {
	p := plot.New()
	p.Title.Text = title
	p.Title.Padding = vg.Points(8)
	p.BackgroundColor = color.White
	sans := func(size vg.Length) font.Font { return font.Font{Typeface: "Liberation", Variant: "Sans", Size: size} }
	p.Title.TextStyle.Font = sans(13)
	p.Legend.TextStyle.Font = sans(10)
	p.Legend.Padding = vg.Points(3)
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.TextStyle.Font = sans(10)
		axis.Tick.Label.Font = sans(10)
		axis.LineStyle.Color, axis.Tick.LineStyle.Color = grey(0x99), grey(0x99)
		axis.LineStyle.Width, axis.Tick.LineStyle.Width = vg.Points(0.6), vg.Points(0.6)
	}
	return p
}

// timeTicks are those of a logarithmic axis of ns: 1, 2 and 5 of each decade,
// of which the ones are labelled, and all where there are few.
type timeTicks struct{}

func (timeTicks) Ticks(low, high float64) (ticks []plot.Tick) {
	decades := math.Log10(high / low)
	for decade := math.Pow(10, math.Floor(math.Log10(low))); decade <= high; decade *= 10 {
		for _, n := range []float64{1, 2, 5} {
			value := n * decade
			if value < low || value > high {
				continue
			}
			tick := plot.Tick{Value: value}
			if n == 1 || decades < 2.2 {
				tick.Label = duration(value)
			}
			ticks = append(ticks, tick)
		}
	}
	return ticks
}

// duration writes ns, in the unit that makes it short.
func duration(ns float64) string {
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{time.Second, "s"}, {time.Millisecond, "ms"}, {time.Microsecond, "µs"}} {
		if value := ns / float64(unit.size); value >= 1 {
			return fmt.Sprintf("%s %s", short(value), unit.name)
		}
	}
	return short(ns) + " ns"
}

// short writes a number with two or three digits.
func short(value float64) string {
	switch {
	case value >= 99.5:
		return thousands(int64(value + 0.5))
	case value >= 9.95:
		return fmt.Sprintf("%.0f", value)
	case value == math.Trunc(value):
		return fmt.Sprintf("%.0f", value)
	}
	return fmt.Sprintf("%.1f", value)
}
