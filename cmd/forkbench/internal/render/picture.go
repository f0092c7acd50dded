package render

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/bench"
	"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/rows"
)

// CheckPicture says whether a file's name says what kind of picture it is.
func CheckPicture(path string) error {
	if kind := filepath.Ext(path); kind != ".svg" && kind != ".png" {
		return errors.New("its name must end in .svg or .png")
	}
	return nil
}

// Picture draws all starts but those that are plotted over something, sorted,
// as the kind of picture that the path says.
func Picture(w io.Writer, path string, r *bench.Report) error {
	var plain []bench.Result
	for _, row := range r.Measured() {
		if !slices.Contains(apart(), row.Group) {
			plain = append(plain, row)
		}
	}
	if len(plain) == 0 {
		return errors.New("no row was measured that could be drawn")
	}
	p, width, height := rangesPlot(pictureTitle(r), plain, r.Find(r.Floor))
	return write(w, p, width, height, filepath.Ext(path), true)
}

// apart are the groups that are plotted over something, or are no starts.
func apart() []string { return []string{rows.ScalingGroup, rows.ParentGroup, rows.SyscallGroup} }

func pictureTitle(r *bench.Report) string {
	m := r.Machine
	title := fmt.Sprintf("Start a program and wait for its end: Linux %s, %d CPUs", m.Kernel, m.CPUs)
	if m.Virtual != "" {
		title += ", virtual"
	}
	if r.Busy() {
		title += ", busy"
	}
	return title
}

// write draws a plot as the kind of file that the extension says. An .svg has
// the fonts in it if fonts is set; for other readers it names them only.
func write(w io.Writer, p *plot.Plot, width, height vg.Length, extension string, fonts bool) error {
	const dpi, margin = 192, 8
	var canvas interface {
		vg.CanvasSizer
		io.WriterTo
	}
	switch extension {
	case ".svg":
		canvas = vgsvg.NewWith(vgsvg.UseWH(width, height), vgsvg.EmbedFonts(fonts))
	case ".png":
		canvas = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dpi))}
	default:
		return CheckPicture(extension)
	}
	p.Draw(draw.Crop(draw.New(canvas), margin, -margin, margin, -margin))
	_, err := canvas.WriteTo(w)
	return err
}
