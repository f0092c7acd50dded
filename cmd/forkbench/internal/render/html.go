package render

import (
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/bench"
	"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/rows"
)

//go:embed page.html
var page string

// section is a part of the page: pictures, then figures.
type section struct {
	Title string
	Plots []template.HTML
	Rows  []bench.Result
	Rates bool // workers and rates are shown
}

// HTML writes a page with plots that needs no other file.
func HTML(w io.Writer, r *bench.Report) error {
	t, err := template.New("page").Funcs(template.FuncMap{
		"micros": micros, "floors": floors, "rate": rate,
		"samples": func(n int) string { return thousands(int64(n)) },
		"font":    func() template.CSS { return template.CSS(base64.StdEncoding.EncodeToString(liberationsansregular.TTF)) },
	}).Parse(page)
	if err != nil {
		return err
	}
	sections, err := sections(r)
	if err != nil {
		return err
	}
	var missing []bench.Result
	for _, row := range r.Rows {
		if row.Unavailable != nil || row.Failed != "" {
			missing = append(missing, row)
		}
	}
	return t.Execute(w, map[string]any{
		"Report": r, "Machine": r.Machine.Lines(), "Began": r.Started.Format(time.RFC1123), "Took": r.Took.Round(100 * time.Millisecond).String(),
		"Sections": sections, "Notes": generalNotes(r), "Missing": missing,
	})
}

// drawer collects pictures until the first error.
type drawer struct{ err error }

func (d *drawer) draw(p *plot.Plot, width, height vg.Length, err error) template.HTML {
	if d.err != nil {
		return ""
	}
	var svg strings.Builder
	if d.err = err; err == nil {
		d.err = write(&svg, p, width, height, ".svg", false)
	}
	// What is before the element itself is for files of its own.
	_, body, _ := strings.Cut(svg.String(), "<svg")
	return template.HTML("<svg" + body)
}

// curves draws a plot of curves.
func (d *drawer) curves(p *plot.Plot, err error) template.HTML {
	return d.draw(p, vg.Points(curvesWidth), vg.Points(curvesHeight), err)
}

func sections(r *bench.Report) ([]section, error) {
	measured := r.Measured()
	floor := r.Find(r.Floor)
	var d drawer
	var list []section
	headline := pick(measured, func(row bench.Result) bool {
		return slices.Contains([]string{"start", "run", rows.PeerGroup}, row.Group)
	})
	if len(headline) > 0 {
		p, width, height := rangesPlot("Start a program and wait for its end", headline, floor)
		list = append(list, section{Title: "At a glance", Plots: []template.HTML{d.draw(p, width, height, nil)}})
	}
	if main := pick(measured, func(row bench.Result) bool { return slices.Contains(mainRows(), row.ID()) }); len(main) > 0 {
		list = append(list, section{Title: "How sure that is", Plots: []template.HTML{d.curves(sharesPlot(main)), d.curves(timePlot(main))}})
	}
	for _, group := range groups(measured) {
		s := section{Title: group, Rows: pick(measured, func(row bench.Result) bool { return row.Group == group })}
		switch group {
		case rows.ScalingGroup:
			s.Plots, s.Rates = []template.HTML{d.curves(scalingPlot(measured, group))}, true
		case rows.ParentGroup:
			s.Plots = []template.HTML{d.curves(parentPlot(measured, group))}
		default:
			p, width, height := rangesPlot("", s.Rows, floor)
			s.Plots = []template.HTML{d.draw(p, width, height, nil)}
		}
		list = append(list, s)
	}
	return list, d.err
}

// mainRows are those whose distribution is drawn.
func mainRows() []string {
	return []string{rows.Floor, "start/forkexec", "run/warm", "run/cold", "peer/go-sandbox", "peer/bubblewrap"}
}

func pick(rows []bench.Result, want func(bench.Result) bool) (picked []bench.Result) {
	for _, row := range rows {
		if want(row) {
			picked = append(picked, row)
		}
	}
	return picked
}

// groups are the names of groups, in the order of their rows.
func groups(rows []bench.Result) (names []string) {
	for _, row := range rows {
		if !slices.Contains(names, row.Group) {
			names = append(names, row.Group)
		}
	}
	return names
}
