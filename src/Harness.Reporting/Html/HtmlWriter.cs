using System.Security.Cryptography;
using System.Text;
using System.Xml;
using Harness.Reporting.Plots;

namespace Harness.Reporting.Html;

/// <summary>
/// Writes a page element by element. Every text and attribute is escaped by the XML writer beneath, so the page is well-formed XML as well as HTML,
/// and no name in it can open an element.
/// </summary>
internal sealed class HtmlWriter(XmlWriter xml)
{
    private static readonly HashSet<string> Void = ["meta", "br", "hr"];

    /// <summary>An element around what <paramref name="content"/> writes.</summary>
    public void Element(string name, Action content, params (string Name, string Value)[] attributes)
    {
        Start(name, attributes);
        content();
        xml.WriteFullEndElement();
    }

    /// <summary>An element around a text.</summary>
    public void Element(string name, string text, params (string Name, string Value)[] attributes)
    {
        Start(name, attributes);
        Text(text);
        if (Void.Contains(name))
        {
            xml.WriteEndElement();
        }
        else
        {
            xml.WriteFullEndElement();
        }
    }

    /// <summary>An element around a label.</summary>
    public void Element(string name, Markup markup, params (string Name, string Value)[] attributes) =>
        Element(name, () => Markup(markup), attributes);

    /// <summary>Text where the writer stands.</summary>
    public void Text(string text) => xml.WriteString(SafeXml.Clean(text));

    /// <summary>A label where the writer stands.</summary>
    public void Markup(Markup markup) => SafeXml.WriteMarkup(xml, markup, svg: false);

    /// <summary>A figure where the writer stands.</summary>
    public void Chart(Figure figure) => SvgChart.Write(xml, figure);

    /// <summary>A style sheet or script of this program's own.</summary>
    public void Raw(string name, string content)
    {
        Start(name, []);
        xml.WriteRaw(content);
        xml.WriteFullEndElement();
    }

    /// <summary>
    /// The policy under which a browser runs this script and no other, loads nothing from anywhere and sends nothing: a second wall behind the escaping.
    /// </summary>
    public static string Policy(string script) =>
        $"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(script)))}'; base-uri 'none'; form-action 'none'";

    private void Start(string name, (string Name, string Value)[] attributes)
    {
        xml.WriteStartElement(name);
        foreach (var (key, value) in attributes)
        {
            xml.WriteAttributeString(key, SafeXml.Clean(value));
        }
    }
}
