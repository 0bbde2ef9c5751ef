using System.Globalization;
using System.Text;
using System.Xml;

namespace Harness.Reporting.Plots;

/// <summary>Text and numbers on their way into XML or HTML.</summary>
internal static class SafeXml
{
    /// <summary>The text with every character that XML forbids (control characters, lone surrogates) as U+FFFD, so that a writer never throws.</summary>
    public static string Clean(string text)
    {
        var clean = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (XmlConvert.IsXmlChar(text[i]))
            {
                clean.Append(text[i]);
            }
            else if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]))
            {
                clean.Append(text, i++, 2);
            }
            else
            {
                clean.Append('\uFFFD');
            }
        }

        return clean.ToString();
    }

    /// <summary>A coordinate to a tenth of a unit.</summary>
    public static string Coordinate(double value) => Math.Round(value, 1).ToString("0.#", CultureInfo.InvariantCulture);

    /// <summary>A label's spans as elements of <paramref name="writer"/>: <c>tspan</c> in SVG, <c>i</c>, <c>sup</c> and <c>sub</c> in HTML.</summary>
    public static void WriteMarkup(XmlWriter writer, Markup markup, bool svg)
    {
        double shift = 0;
        foreach (var span in markup.Spans)
        {
            double wanted = span.Script switch { Script.Superscript => -0.38, Script.Subscript => 0.22, _ => 0 };
            if (svg)
            {
                writer.WriteStartElement("tspan");
                if (wanted != shift)
                {
                    // dy is in em of the span's own size, and the next span starts where this one ended.
                    double size = span.Script == Script.Normal ? 1 : 0.74;
                    writer.WriteAttributeString("dy", $"{((wanted - shift) / size).ToString("0.###", CultureInfo.InvariantCulture)}em");
                    shift = wanted;
                }

                if (span.Script != Script.Normal)
                {
                    writer.WriteAttributeString("font-size", "74%");
                }

                if (span.Italic)
                {
                    writer.WriteAttributeString("font-style", "italic");
                }

                writer.WriteString(Clean(span.Text));
                writer.WriteEndElement();
            }
            else
            {
                string[] elements = [.. span.Script switch { Script.Superscript => ["sup"], Script.Subscript => ["sub"], _ => Array.Empty<string>() }, .. span.Italic ? ["i"] : Array.Empty<string>()];
                foreach (string element in elements)
                {
                    writer.WriteStartElement(element);
                }

                writer.WriteString(Clean(span.Text));
                foreach (string _ in elements)
                {
                    writer.WriteEndElement();
                }
            }
        }
    }
}
