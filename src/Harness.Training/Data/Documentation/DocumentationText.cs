using System.Text;
using System.Xml.Linq;

namespace Harness.Training.Data.Documentation;

/// <summary>Turns a documentation comment into lines of English: references become the names that a reader would write, code and markup go.</summary>
internal static class DocumentationText
{
    // Sections and elements without prose; format holds Markdown in a foreign syntax.
    private static readonly HashSet<string> s_skipped = ["code", "script", "format", "devremarks", "forInternalUseOnly", "inheritdoc", "seealso", "listheader", "content"];

    private static readonly HashSet<string> s_blocks =
        ["para", "p", "div", "list", "ul", "ol", "item", "li", "br", "note", "summary", "remarks", "remark", "returns", "return", "value", "example", "examples", "exception", "param", "typeparam"];

    // Signs of C signatures with enough ordinary words in them to pass for prose.
    private static readonly string[] s_signs = ["_mm", "_t ", "_t)", "void sv", "svbool"];

    /// <summary>The lines of one member: paragraphs and list items of its sections, in the order in which they stand.</summary>
    public static IEnumerable<string> Lines(XElement member)
    {
        var text = new StringBuilder();
        Append(member, text);
        return text.ToString().Split('\n').Select(Tidy).Where(IsProse);
    }

    /// <summary>The name in a documentation id as prose has it: <c>M:System.Text.Rune.TryCreate(System.Char)</c> is <c>Rune.TryCreate(Char)</c>.</summary>
    public static string ShortName(string id)
    {
        var hasKind = id.Length > 2 && id[1] == ':';
        var kind = hasKind ? id[0] : '!';
        var name = hasKind ? id[2..] : id;
        var parenthesis = name.IndexOf('(', StringComparison.Ordinal);
        var arguments = parenthesis < 0 ? "" : name[parenthesis..].TrimStart('(').TrimEnd(')');
        var parts = (parenthesis < 0 ? name : name[..parenthesis]).Split('.');
        var last = parts[^1].Replace("#ctor", parts.Length > 1 ? WithoutArity(parts[^2]) : "", StringComparison.Ordinal);
        last = WithoutArity(last.Split('#')[^1]);
        if (kind is 'M' or 'P' or 'F' or 'E' && parts.Length > 1 && !parts[^1].StartsWith("#ctor", StringComparison.Ordinal))
        {
            last = $"{WithoutArity(parts[^2])}.{last}";
        }

        return kind == 'M' ? $"{last}({string.Join(", ", Arguments(arguments))})" : last;
    }

    /// <summary>Argument types at the top level of a parameter list, each by its last name.</summary>
    private static IEnumerable<string> Arguments(string list)
    {
        var depth = 0;
        var name = new StringBuilder();
        foreach (var c in list + ",")
        {
            depth += c switch { '{' or '[' or '(' => 1, '}' or ']' or ')' => -1, _ => 0 };
            if (c == ',' && depth == 0)
            {
                if (name.Length > 0)
                {
                    yield return WithoutArity(name.ToString().TrimEnd('@', '*').Split('.')[^1]);
                }

                name.Clear();
            }
            else if (depth == 0 && c is not ('}' or ']' or ')'))
            {
                name.Append(c);
            }
        }
    }

    private static string WithoutArity(string name) => name.Split('`')[0];

    private static void Append(XElement element, StringBuilder text)
    {
        foreach (var node in element.Nodes())
        {
            switch (node)
            {
                case XText words:
                    AppendWords(words.Value, text);
                    break;
                case XElement child:
                    AppendElement(child, text);
                    break;
            }
        }
    }

    /// <summary>A line break in the source is a space, an empty line ends the paragraph.</summary>
    private static void AppendWords(string words, StringBuilder text)
    {
        var breaks = 0;
        foreach (var c in words)
        {
            if (c == '\n')
            {
                breaks++;
            }

            if (!char.IsWhiteSpace(c))
            {
                text.Append(breaks > 1 ? "\n" : "");
                breaks = 0;
            }

            text.Append(char.IsWhiteSpace(c) ? ' ' : c);
        }

        if (breaks > 1)
        {
            text.Append('\n');
        }
    }

    private static void AppendElement(XElement element, StringBuilder text)
    {
        var name = element.Name.LocalName;
        if (s_skipped.Contains(name))
        {
            return;
        }

        var block = s_blocks.Contains(name);
        text.Append(block ? "\n" : "");
        if (element.IsEmpty || element.Nodes().All(n => n is XText { Value: var v } && string.IsNullOrWhiteSpace(v)))
        {
            text.Append(Reference(element));
        }
        else
        {
            text.Append(name switch { "sup" => "^", "sub" => "_", _ => "" });
            Append(element, text);
            text.Append(name == "term" ? ": " : "");
        }

        text.Append(block ? "\n" : "");
    }

    /// <summary>What stands for an element without text of its own.</summary>
    private static string Reference(XElement element)
    {
        string? Value(string attribute) => (string?)element.Attribute(attribute);
        return element.Name.LocalName switch
        {
            "see" or "xref" => (Value("cref") ?? Value("uid")) is { } id ? ShortName(Uri.UnescapeDataString(id)) : Value("langword") ?? Value("href") ?? "",
            "paramref" or "typeparamref" => Value("name") ?? "",
            "a" => Value("href") ?? "",
            _ => "",
        };
    }

    /// <summary>Single spaces, none at the ends or before a full stop that an element's end was put before.</summary>
    private static string Tidy(string line)
    {
        var single = string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Replace(" . ", ". ", StringComparison.Ordinal);
        return single.EndsWith(" .", StringComparison.Ordinal) ? single[..^2] + "." : single;
    }

    /// <summary>
    /// Two words or more, one in four of them ordinary (lower-case letters alone): no bare names, separators, values, or the C signatures
    /// and assembly mnemonics that the vector instructions' documentation is full of.
    /// </summary>
    private static bool IsProse(string line)
    {
        var words = line.Split(' ');
        var ordinary = words.Count(w => w.Trim('.', ',', ';', ':', '(', ')', '"', '\'') is { Length: > 1 } bare && bare.All(char.IsAsciiLetterLower));
        return words.Length > 1 && ordinary > 0 && 4 * ordinary >= words.Length
            && !Array.Exists(s_signs, sign => line.Contains(sign, StringComparison.Ordinal));
    }
}
