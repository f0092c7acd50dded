package render

import (
	"cmp"
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/bench"
)

const (
	rangesWidth = 820
	rowHeight   = 19
	dotSize     = 4
)

// ranges draws a line for each row: a dot at p50, a stroke from there to p99
// with a tick at p90, and the p50 in figures.
type ranges struct {
	rows   []bench.Result
	colors []color.Color
	label  text.Style
	floor  *int64 // nil if it was not measured
}

// Plot is plot.Plotter's.
func (r *ranges) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	if r.floor != nil {
		at := x(float64(*r.floor))
		c.StrokeLine2(draw.LineStyle{Color: grey(0x88), Width: vg.Points(0.8), Dashes: []vg.Length{vg.Points(3), vg.Points(3)}},
			at, c.Min.Y, at, c.Max.Y)
	}
	for i, row := range r.rows {
		at := y(float64(i))
		dot := vg.Point{X: x(float64(*row.P50)), Y: at}
		end := dot.X
		for _, q := range []struct {
			ns   *int64
			tick vg.Length
		}{{row.P90, 3.5}, {row.P99, 2.5}} {
			if q.ns == nil {
				continue
			}
			to := x(float64(*q.ns))
			c.StrokeLine2(draw.LineStyle{Color: faint(r.colors[i]), Width: vg.Points(2)}, end, at, to, at)
			c.StrokeLine2(draw.LineStyle{Color: r.colors[i], Width: vg.Points(1)}, to, at-q.tick, to, at+q.tick)
			end = to
		}
		c.DrawGlyph(draw.GlyphStyle{Color: r.colors[i], Radius: dotSize, Shape: draw.CircleGlyph{}}, dot)
		label := r.label
		label.XAlign, label.YAlign = draw.XLeft, draw.YCenter
		words := duration(float64(*row.P50))
		if row.Floors != nil {
			words += " · " + floors(row.Floors) + "×"
		}
		c.FillText(label, vg.Point{X: max(end, dot.X+dotSize) + vg.Points(7), Y: at}, words)
	}
}

// DataRange is plot.DataRanger's.
func (r *ranges) DataRange() (xmin, xmax, ymin, ymax float64) {
	xmin, xmax = float64(*r.rows[0].P50), float64(*r.rows[0].P50)
	for _, row := range r.rows {
		for _, ns := range []*int64{r.floor, row.P50, row.P90, row.P99} {
			if ns != nil {
				xmin, xmax = min(xmin, float64(*ns)), max(xmax, float64(*ns))
			}
		}
	}
	// Room for the dot at the left, for the figures at the right.
	const left, right = 0.75, 4
	return xmin * left, xmax * right, -0.6, float64(len(r.rows)) - 0.4
}

// rangesPlot shows rows, the fastest at the top, a color for each group.
func rangesPlot(title string, rows []bench.Result, floor *bench.Result) (*plot.Plot, vg.Length, vg.Length) {
	sorted := slices.Clone(rows)
	slices.SortStableFunc(sorted, func(a, b bench.Result) int { return -cmp.Compare(*a.P50, *b.P50) })
	var groups []string // in the order of the report, so that a group keeps its color
	for _, row := range rows {
		if !slices.Contains(groups, row.Group) {
			groups = append(groups, row.Group)
		}
	}
	p := newPlot(title)
	r := &ranges{rows: sorted, label: p.X.Tick.Label}
	if floor != nil {
		r.floor = floor.P50
	}
	var names []string
	for _, row := range sorted {
		r.colors = append(r.colors, colorOf(slices.Index(groups, row.Group)))
		if len(groups) > 1 {
			names = append(names, row.ID())
		} else {
			names = append(names, row.Name)
		}
	}
	grid := plotter.NewGrid()
	grid.Horizontal.Color = nil
	grid.Vertical.Color, grid.Vertical.Width = grey(0xe4), vg.Points(0.5)
	p.Add(grid, r)
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, timeTicks{}
	p.X.Label.Text = "dot: p50, ticks: p90 and p99, dashed: the floor, ×: so many floors; logarithmic"
	p.NominalY(names...)
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = r.DataRange()
	height := vg.Points(float64(len(sorted)*rowHeight) + 74)
	if len(groups) > 1 {
		for i, group := range groups {
			p.Legend.Add(group, swatch{colorOf(i)})
		}
		p.Legend.Top = true
		p.Legend.XOffs = -vg.Points(4)
	}
	return p, vg.Points(rangesWidth), height
}

// swatch is a dot in a legend.
type swatch struct{ color color.Color }

// Thumbnail is plot.Thumbnailer's.
func (s swatch) Thumbnail(c *draw.Canvas) {
	c.DrawGlyph(draw.GlyphStyle{Color: s.color, Radius: dotSize, Shape: draw.CircleGlyph{}},
		vg.Point{X: (c.Min.X + c.Max.X) / 2, Y: (c.Min.Y + c.Max.Y) / 2})
}
