package render

import (
	"fmt"
	"math"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/bench"
)

const curvesWidth, curvesHeight = 620, 340

// curve is a line of a plot with a name.
type curve struct {
	name   string
	points plotter.XYs
	steps  bool // no marks at the points
}

// add draws curves, each with its color and its mark.
func add(p *plot.Plot, curves []curve) error {
	shapes := []draw.GlyphDrawer{draw.CircleGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}, draw.PyramidGlyph{}}
	for i, c := range curves {
		line, err := plotter.NewLine(c.points)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		line.Color, line.Width = colorOf(i), vg.Points(1.6)
		if c.steps {
			p.Add(line)
			p.Legend.Add(c.name, line)
			continue
		}
		marks, err := plotter.NewScatter(c.points)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		marks.GlyphStyle = draw.GlyphStyle{Color: colorOf(i), Radius: vg.Points(3.2), Shape: shapes[i%len(shapes)]}
		p.Add(line, marks)
		p.Legend.Add(c.name, line, marks)
	}
	return nil
}

// gridded is a plot with a grid, its legend at the top.
func gridded(title, x, y string) *plot.Plot {
	p := newPlot(title)
	p.X.Label.Text, p.Y.Label.Text = x, y
	grid := plotter.NewGrid()
	for _, style := range []*draw.LineStyle{&grid.Horizontal, &grid.Vertical} {
		style.Color, style.Width = grey(0xe4), vg.Points(0.5)
	}
	p.Add(grid)
	p.Legend.Top = true
	return p
}

// series gathers the rows of a group into curves.
func series(rows []bench.Result, group string, x, y func(bench.Result) float64) (curves []curve) {
	at := map[string]int{}
	for _, row := range rows {
		if row.Group != group {
			continue
		}
		i, ok := at[row.Series]
		if !ok {
			i = len(curves)
			at[row.Series] = i
			curves = append(curves, curve{name: row.Series})
		}
		curves[i].points = append(curves[i].points, plotter.XY{X: x(row), Y: y(row)})
	}
	return curves
}

// scalingPlot is how many a second over how many at once.
func scalingPlot(rows []bench.Result, group string) (*plot.Plot, error) {
	p := gridded("How many starts a second, by workers at the same time", "workers", "starts a second")
	curves := series(rows, group, func(r bench.Result) float64 { return r.X }, func(r bench.Result) float64 { return r.PerSecond })
	p.Y.Min = 0
	p.X.Tick.Marker = wholeTicks(curves)
	p.Y.Tick.Marker = thousandTicks{}
	p.Legend.Top, p.Legend.Left = true, true
	err := add(p, curves)
	p.Y.Max *= 1.25 // for the legend
	return p, err
}

// parentPlot is the p50 over what the parent holds.
func parentPlot(rows []bench.Result, group string) (*plot.Plot, error) {
	const mib = 1 << 20
	p := gridded("A start by the memory that its parent holds", "MiB resident in the parent", "p50, logarithmic")
	curves := series(rows, group, func(r bench.Result) float64 { return r.X / mib }, func(r bench.Result) float64 { return float64(*r.P50) })
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, timeTicks{}
	p.X.Tick.Marker = wholeTicks(curves)
	p.Legend.Left = true
	err := add(p, curves)
	p.Y.Min, p.Y.Max = p.Y.Min*0.7, p.Y.Max*2.5
	return p, err
}

// sharesPlot is the share of samples that took no longer than x.
func sharesPlot(rows []bench.Result) (*plot.Plot, error) {
	p := gridded("How many took no longer than", "time, logarithmic", "share of samples")
	var curves []curve
	for _, row := range rows {
		c := curve{name: row.Group + "/" + row.Name, steps: true}
		const points = 200
		for i := range points + 1 {
			share := float64(i) / points
			c.points = append(c.points, plotter.XY{X: float64(bench.Quantile(row.Sorted, share)), Y: share})
		}
		curves = append(curves, c)
	}
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, timeTicks{}
	p.Legend.Top = false
	err := add(p, curves)
	p.X.Max *= 3
	return p, err
}

// timePlot is the median of each round, in the order of the rounds: where it
// moves, the machine did something else.
func timePlot(rows []bench.Result) (*plot.Plot, error) {
	p := gridded("The median of each round", "round", "µs, logarithmic")
	var curves []curve
	for _, row := range rows {
		c := curve{name: row.Group + "/" + row.Name, steps: true}
		for i, ns := range row.Medians {
			c.points = append(c.points, plotter.XY{X: float64(i + 1), Y: max(float64(ns), float64(time.Nanosecond))})
		}
		curves = append(curves, c)
	}
	p.Y.Label.Text = "p50, logarithmic"
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, timeTicks{}
	err := add(p, curves)
	p.Y.Min, p.Y.Max = p.Y.Min*0.7, p.Y.Max*8
	return p, err
}

// wholeTicks are at the points of the curves, which are few.
func wholeTicks(curves []curve) plot.ConstantTicks {
	var ticks plot.ConstantTicks
	if len(curves) > 0 {
		for _, point := range curves[0].points {
			ticks = append(ticks, plot.Tick{Value: point.X, Label: fmt.Sprint(point.X)})
		}
	}
	return ticks
}

// thousandTicks are the usual ones, with commas.
type thousandTicks struct{}

func (thousandTicks) Ticks(low, high float64) []plot.Tick {
	ticks := plot.DefaultTicks{}.Ticks(low, high)
	for i := range ticks {
		if ticks[i].Label != "" {
			ticks[i].Label = thousands(int64(math.Round(ticks[i].Value)))
		}
	}
	return ticks
}
