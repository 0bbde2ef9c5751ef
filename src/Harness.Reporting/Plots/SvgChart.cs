using System.Globalization;
using System.Xml;

namespace Harness.Reporting.Plots;

/// <summary>
/// A figure as an SVG element inside a page: no ids, no scripts, no outside fonts; colours for a light and a dark page (<c>--l</c>, <c>--d</c>
/// on each layer, chosen by the page's style), and a <c>title</c> on every point for whoever points at it.
/// </summary>
public sealed class SvgChart
{
    private const double Width = 720, Height = 440, Left = 66, Right = 110, Top = 12, Bottom = 50;
    private const double PlotWidth = Width - Left - Right, PlotHeight = Height - Top - Bottom;
    private const double LegendLine = 19;

    private readonly XmlWriter writer;
    private readonly Figure figure;

    private SvgChart(XmlWriter writer, Figure figure) => (this.writer, this.figure) = (writer, figure);

    /// <summary>Writes the element.</summary>
    public static void Write(XmlWriter writer, Figure figure)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(figure);
        new SvgChart(writer, figure).Chart();
    }

    private void Chart()
    {
        Start("svg", ("class", "chart"), ("viewBox", $"0 0 {C(Width)} {C(Height)}"), ("role", "img"), ("aria-label", SafeXml.Clean(figure.Title.PlainText)));
        Axes();

        // A nested svg clips what it holds without an id to clip by.
        Start("svg", ("x", C(Left)), ("y", C(Top)), ("width", C(PlotWidth)), ("height", C(PlotHeight)), ("overflow", "hidden"));
        foreach (var layer in figure.Layers)
        {
            Draw(layer);
        }

        writer.WriteEndElement();
        Notes();
        Legend();
        writer.WriteEndElement();
    }

    private void Axes()
    {
        foreach (var tick in Ticks.Of(figure.X))
        {
            double x = Left + X(tick.Value);
            Line("axis", x, Top + PlotHeight, x, Top + PlotHeight + (tick.Label is null ? 3 : 6));
            if (tick.Label is not null)
            {
                Line("grid", x, Top, x, Top + PlotHeight);
                Text(tick.Label, x, Top + PlotHeight + 20, "middle", "tick");
            }
        }

        foreach (var tick in Ticks.Of(figure.Y))
        {
            double y = Top + Y(tick.Value);
            Line("axis", Left - (tick.Label is null ? 3 : 6), y, Left, y);
            if (tick.Label is not null)
            {
                Line("grid", Left, y, Left + PlotWidth, y);
                Text(tick.Label, Left - 9, y + 4, "end", "tick");
            }
        }

        Line("axis", Left, Top, Left, Top + PlotHeight);
        Line("axis", Left, Top + PlotHeight, Left + PlotWidth, Top + PlotHeight);
        Text(figure.X.Label, Left + (PlotWidth / 2), Height - 8, "middle", "label");
        Text(figure.Y.Label, 0, 0, "middle", "label", $"translate(16 {C(Top + (PlotHeight / 2))}) rotate(-90)");
    }

    private void Draw(Layer layer)
    {
        StartLayer(layer.Ink);
        switch (layer)
        {
            case BandLayer band:
                var outline = band.Points.Select(p => (p.X, Y: p.High)).Concat(band.Points.Reverse().Select(p => (p.X, Y: p.Low)));
                Empty("polygon", ("class", "band"), ("points", Points(outline)));
                break;
            case LineLayer line:
                Path(line);
                break;
            case PointLayer points:
                foreach (var point in points.Points)
                {
                    Shape(points, X(point.X), Y(point.Y), point.Note);
                }

                break;
            default:
                throw new InvalidOperationException($"A layer of type {layer.GetType()} has no SVG form.");
        }

        writer.WriteEndElement();
    }

    private void StartLayer(Ink ink) => Start("g", ("class", "ink"), ("style", $"--l:{ink.OnLight};--d:{ink.OnDark}"));

    private void Path(LineLayer line)
    {
        Start(
            "polyline",
            ("class", "line"),
            ("points", Points(line.Points.Select(p => (p.X, p.Y)))),
            ("stroke-width", C(1.5 * line.Width)),
            ("stroke-opacity", line.Opacity.ToString("0.##", CultureInfo.InvariantCulture)));
        if (line.Dashed)
        {
            writer.WriteAttributeString("stroke-dasharray", "7 4");
        }

        Note(line.Points.Count > 0 ? line.Points[0].Note : null);
        writer.WriteEndElement();
    }

    private void Shape(PointLayer layer, double x, double y, string? note)
    {
        double r = 4 * layer.Size;
        switch (layer.Marker)
        {
            case Marker.Circle:
                Start("circle", ("class", "point"), ("cx", C(x)), ("cy", C(y)), ("r", C(r)));
                break;
            case Marker.Square:
                Start("rect", ("class", "point"), ("x", C(x - (0.88 * r))), ("y", C(y - (0.88 * r))), ("width", C(1.76 * r)), ("height", C(1.76 * r)));
                break;
            case Marker.Triangle:
                Start("polygon", ("class", "point"), ("points", $"{C(x)},{C(y - (1.2 * r))} {C(x - (1.1 * r))},{C(y + (0.75 * r))} {C(x + (1.1 * r))},{C(y + (0.75 * r))}"));
                break;
            default:
                Start("polygon", ("class", "point"), ("points", $"{C(x)},{C(y - (1.25 * r))} {C(x + (1.1 * r))},{C(y)} {C(x)},{C(y + (1.25 * r))} {C(x - (1.1 * r))},{C(y)}"));
                break;
        }

        Note(note);
        writer.WriteEndElement();
    }

    private void Note(string? note)
    {
        if (note is not null)
        {
            writer.WriteElementString("title", SafeXml.Clean(note));
        }
    }

    private void Notes()
    {
        for (int i = 0; i < figure.Notes.Count; i++)
        {
            double y = figure.NotesCorner == Corner.TopLeft ? Top + 22 + (22 * i) : Top + PlotHeight - 14 - (22 * (figure.Notes.Count - 1 - i));
            StartLayer(figure.Notes[i].Ink);
            Text(figure.Notes[i].Text, Left + 12, y, "start", "note");
            writer.WriteEndElement();
        }
    }

    private void Legend()
    {
        double x = Left + PlotWidth + 14, y = Top + 10;
        if (figure.LegendTitle is { } title)
        {
            Text(title, x, y + 4, "start", "key");
            y += LegendLine;
        }

        foreach (var layer in figure.LegendLayers)
        {
            StartLayer(layer.Ink);
            switch (layer)
            {
                case PointLayer p:
                    Shape(p with { Size = Math.Min(1, p.Size) }, x + 8, y, null);
                    break;
                case BandLayer:
                    Empty("rect", ("class", "band"), ("x", C(x)), ("y", C(y - 5)), ("width", "16"), ("height", "10"));
                    break;
                default:
                    bool dashed = layer is LineLayer { Dashed: true };
                    Empty("line", [("class", "line"), ("x1", C(x)), ("x2", C(x + 16)), ("y1", C(y)), ("y2", C(y)), ("stroke-width", "2.2"), .. dashed ? [("stroke-dasharray", "6 4")] : Array.Empty<(string, string)>()]);
                    break;
            }

            writer.WriteEndElement();
            Text(layer.Legend!, x + 22, y + 4, "start", "key");
            y += LegendLine;
        }
    }

    private void Text(Markup text, double x, double y, string anchor, string kind, string? transform = null)
    {
        Start("text", ("class", kind), ("x", C(x)), ("y", C(y)), ("text-anchor", anchor));
        if (transform is not null)
        {
            writer.WriteAttributeString("transform", transform);
        }

        SafeXml.WriteMarkup(writer, text, svg: true);
        writer.WriteEndElement();
    }

    private void Line(string kind, double x1, double y1, double x2, double y2) =>
        Empty("line", ("class", kind), ("x1", C(x1)), ("y1", C(y1)), ("x2", C(x2)), ("y2", C(y2)));

    private void Empty(string name, params (string Name, string Value)[] attributes)
    {
        Start(name, attributes);
        writer.WriteEndElement();
    }

    private void Start(string name, params (string Name, string Value)[] attributes)
    {
        writer.WriteStartElement(name);
        foreach (var (key, value) in attributes)
        {
            writer.WriteAttributeString(key, value);
        }
    }

    private string Points(IEnumerable<(double X, double Y)> points) => string.Join(' ', points.Select(p => $"{C(X(p.X))},{C(Y(p.Y))}"));

    /// <summary>Far outside is far enough: the plotting area clips, and browsers dislike huge coordinates.</summary>
    private double X(double value) => Math.Clamp(figure.X.Position(value), -5, 6) * PlotWidth;

    private double Y(double value) => (1 - Math.Clamp(figure.Y.Position(value), -5, 6)) * PlotHeight;

    private static string C(double value) => SafeXml.Coordinate(value);
}
