using System.Globalization;
using System.Text;
using Harness.Reporting.Tables;

namespace Harness.Reporting.Plots;

/// <summary>
/// A figure as a gnuplot 5 script with its data inside, a pure function of the figure. It reads no file and writes to standard output, and every
/// text stands in single quotes with its special characters escaped, so that no name can become a command.
/// </summary>
public static class GnuplotScript
{
    /// <summary>The script; <c>gnuplot -d figure.gp &gt; figure.svg</c> draws it.</summary>
    public static string Of(Figure figure, PlotFormat format)
    {
        ArgumentNullException.ThrowIfNull(figure);
        ArgumentNullException.ThrowIfNull(format);
        var script = new StringBuilder();
        script.Append($"# gnuplot -d {figure.Name}.gp > {figure.Name}.{format.Extension}\n");
        script.Append($"set terminal {format.Terminal} {format.Size} enhanced font 'DejaVu Sans,{Number(format.FontSize)}' background rgb 'white'\n");
        script.Append("set encoding utf8\nset border 3 lw 0.6 lc rgb '#444444'\nset tics nomirror out scale 0.7,0.4 textcolor rgb '#222222'\n");
        script.Append("set grid xtics ytics lt 1 lw 0.4 lc rgb '#e4e4e4'\nset lmargin 8.2\nset tmargin 1.8\nset bmargin 3.1\n");
        script.Append($"set title {Text(figure.Title)} offset 0,-0.5\n");
        Describe(script, "x", figure.X, "offset 0,0.3");
        Describe(script, "y", figure.Y, "offset 0.6,0");
        Notes(script, figure, format);
        string heading = figure.LegendTitle is { } title ? $"title '{{/*0.85 {Text(title)[1..^1]}}}' left " : "";
        script.Append($"set key outside right top Left reverse {heading}samplen {SampleLength(figure)} spacing 1.1 width {(heading.Length > 0 ? "-2" : "1")} font ',{SmallSize(format)}' textcolor rgb '#222222' noautotitle\n");
        for (int i = 0; i < figure.Layers.Count; i++)
        {
            script.Append(CultureInfo.InvariantCulture, $"$d{i} << END\n");
            Data(script, figure.Layers[i]);
            script.Append("END\n");
        }

        var drawn = figure.Layers.SelectMany(Plots);
        var legend = figure.LegendLayers.Select(Sample);
        script.Append("plot ").AppendJoin(", \\\n     ", drawn.Concat(legend)).Append('\n');
        return script.ToString();
    }

    /// <summary>A text in single quotes: gnuplot expands nothing in them, and its enhanced mode sees every special character escaped.</summary>
    internal static string Text(Markup markup)
    {
        var text = new StringBuilder("'");
        foreach (var span in markup.Spans)
        {
            string escaped = span.Italic ? $"{{/:Italic {Escaped(span.Text)}}}" : Escaped(span.Text);
            text.Append(span.Script switch
            {
                Script.Superscript => $"^{{{escaped}}}",
                Script.Subscript => $"_{{{escaped}}}",
                _ => escaped,
            });
        }

        return text.Append('\'').ToString();
    }

    private static string Escaped(string text)
    {
        var escaped = new StringBuilder();
        foreach (char c in text)
        {
            escaped.Append(c switch
            {
                '\\' or '{' or '}' or '^' or '_' or '@' or '&' or '~' => $"\\{c}",
                '\'' => "''",
                _ when char.IsControl(c) => " ",
                _ => c.ToString(),
            });
        }

        return escaped.ToString();
    }

    private static void Describe(StringBuilder script, string name, Axis axis, string offset)
    {
        script.Append($"set {name}label {Text(axis.Label)} {offset}\n");
        script.Append(axis.Logarithmic ? $"set logscale {name}\n" : "");
        script.Append($"set {name}range [{Number(axis.Low)}:{Number(axis.High)}]\n");
        var marks = Ticks.Of(axis).Select(t => t.Label is null ? $"'' {Number(t.Value)} 1" : $"{Text(t.Label)} {Number(t.Value)} 0");
        script.Append($"set {name}tics ({string.Join(", ", marks)})\n");
    }

    private static void Data(StringBuilder script, Layer layer)
    {
        IEnumerable<string> lines = layer switch
        {
            PointLayer p => p.Points.Select(v => $"{Number(v.X)} {Number(v.Y)}"),
            LineLayer l => l.Points.Select(v => $"{Number(v.X)} {Number(v.Y)}"),
            BandLayer b => b.Points.Select(v => $"{Number(v.X)} {Number(v.Low)} {Number(v.High)}"),
            _ => throw new ArgumentException($"A layer of type {layer.GetType()} has no gnuplot form.", nameof(layer)),
        };
        foreach (string line in lines)
        {
            script.Append(line).Append('\n');
        }
    }

    /// <summary>Points get a white rim, so that those which lie over one another can be told apart.</summary>
    private static IEnumerable<string> Plots(Layer layer, int index) => layer switch
    {
        PointLayer p => [$"$d{index} with points {PointStyle(p, 1.3, "#ffffff")}", $"$d{index} with points {PointStyle(p, 1, p.Ink.OnLight)}"],
        LineLayer l => [$"$d{index} with lines {LineStyle(l)}"],
        _ => [$"$d{index} using 1:2:3 with filledcurves fillstyle transparent solid 0.18 noborder fillcolor rgb '{layer.Ink.OnLight}'"],
    };

    /// <summary>The legend's line, drawn apart from the data so that the order is that of the layers whatever is clipped.</summary>
    private static string Sample(Layer layer) => layer switch
    {
        PointLayer p => $"keyentry with points {PointStyle(p, 1, p.Ink.OnLight)} title {Text(p.Legend!)}",
        LineLayer l => $"keyentry with lines {LineStyle(l with { Opacity = 1, Width = Math.Max(l.Width, 1.3) })} title {Text(l.Legend!)}",
        _ => $"keyentry with boxes fillstyle transparent solid 0.18 noborder fillcolor rgb '{layer.Ink.OnLight}' title {Text(layer.Legend!)}",
    };

    private static string SampleLength(Figure figure) => figure.Layers.Any(l => l is LineLayer && l.Legend is not null) ? "1" : "0.3";

    private static void Notes(StringBuilder script, Figure figure, PlotFormat format)
    {
        for (int i = 0; i < figure.Notes.Count; i++)
        {
            var note = figure.Notes[i];
            double y = figure.NotesCorner == Corner.TopLeft ? 0.93 - (0.075 * i) : 0.065 + (0.075 * (figure.Notes.Count - 1 - i));
            script.Append($"set label {i + 1} {Text(note.Text)} at graph 0.025,{Number(Math.Round(y, 3))} left front font ',{SmallSize(format)}' textcolor rgb '{note.Ink.OnLight}'\n");
        }
    }

    private static string PointStyle(PointLayer p, double factor, string colour) =>
        $"pointtype {PointType(p.Marker)} pointsize {Number(Math.Round(0.85 * p.Size * factor, 3))} linewidth 0.5 linecolor rgb '{colour}'";

    private static string LineStyle(LineLayer l) =>
        $"linewidth {Number(l.Width)} dashtype {(l.Dashed ? 2 : 1)} linecolor rgb '{Transparent(l.Ink, l.Opacity)}'";

    /// <summary>gnuplot's #AARRGGBB, where AA is 00 for opaque.</summary>
    private static string Transparent(Ink ink, double opacity) =>
        opacity >= 1 ? ink.OnLight : $"#{(int)Math.Round(255 * (1 - opacity)):x2}{ink.OnLight[1..]}";

    private static int PointType(Marker marker) => marker switch
    {
        Marker.Circle => 7,
        Marker.Square => 5,
        Marker.Triangle => 9,
        _ => 13,
    };

    private static string SmallSize(PlotFormat format) => Number(Math.Round(0.85 * format.FontSize, 1));

    private static string Number(double value) => Numbers.Exact(value);
}
