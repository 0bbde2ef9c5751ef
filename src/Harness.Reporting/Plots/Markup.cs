using System.Text;

namespace Harness.Reporting.Plots;

/// <summary>How a piece of text stands to the line.</summary>
public enum Script
{
    /// <summary>On the line.</summary>
    Normal,

    /// <summary>Raised and smaller, an exponent.</summary>
    Superscript,

    /// <summary>Lowered and smaller, an index.</summary>
    Subscript,
}

/// <summary>A piece of a label.</summary>
/// <param name="Text">Plain text; never interpreted.</param>
/// <param name="Script">Where it stands.</param>
/// <param name="Italic">Whether it is a mathematical variable.</param>
public sealed record MarkupSpan(string Text, Script Script = Script.Normal, bool Italic = false);

/// <summary>
/// Text with exponents, indices and italic variables that gnuplot, SVG and HTML each write in their own way. Text from a user comes in through
/// <see cref="Plain"/> only, so that no renderer can mistake it for markup.
/// </summary>
public sealed class Markup
{
    private Markup(IReadOnlyList<MarkupSpan> spans) => Spans = spans;

    /// <summary>Nothing.</summary>
    public static Markup Empty { get; } = new([]);

    /// <summary>The pieces in reading order; neighbours differ in style.</summary>
    public IReadOnlyList<MarkupSpan> Spans { get; }

    /// <summary>The text without its styles: exponents after a caret, in brackets where they are more than a number, and indices after an underscore.</summary>
    public string PlainText => string.Concat(Spans.Select(s => s.Script switch
    {
        Script.Superscript => s.Text.Any(c => c is '/' or '+' or '·' or ' ') ? $"^({s.Text})" : $"^{s.Text}",
        Script.Subscript => $"_{s.Text}",
        _ => s.Text,
    }));

    /// <summary>Number of characters, for estimates of width.</summary>
    public int Length => Spans.Sum(s => s.Text.Length);

    /// <summary>Text that is shown as it is; control characters become blanks.</summary>
    public static Markup Plain(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length == 0 ? Empty : new([new MarkupSpan(string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c)))]);
    }

    /// <summary>
    /// A pattern of this program's own: <c>^{...}</c> raises, <c>_{...}</c> lowers, <c>*x*</c> is italic, in braces too: <c>^{*x*}</c>.
    /// </summary>
    /// <exception cref="FormatException">A brace or star is not closed.</exception>
    public static Markup Parse(string pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        var spans = new List<MarkupSpan>();
        var text = new StringBuilder();
        for (int i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] is '^' or '_' && i + 1 < pattern.Length && pattern[i + 1] == '{')
            {
                Flush();
                string inside = Until('}', i + 2);
                bool italic = inside.Length > 2 && inside[0] == '*' && inside[^1] == '*';
                spans.Add(new MarkupSpan(italic ? inside[1..^1] : inside, pattern[i] == '^' ? Script.Superscript : Script.Subscript, italic));
                i += 2 + inside.Length;
            }
            else if (pattern[i] == '*')
            {
                Flush();
                spans.Add(new MarkupSpan(Until('*', i + 1), Italic: true));
                i += 1 + spans[^1].Text.Length;
            }
            else
            {
                text.Append(pattern[i]);
            }
        }

        Flush();
        return new Markup(spans);

        void Flush()
        {
            if (text.Length > 0)
            {
                spans.Add(new MarkupSpan(text.ToString()));
                text.Clear();
            }
        }

        string Until(char end, int from) =>
            pattern.IndexOf(end, from) is var at and >= 0 ? pattern[from..at] : throw new FormatException($"'{pattern}' has no '{end}' after position {from}.");
    }

    /// <summary>One after the other.</summary>
    public static Markup operator +(Markup first, Markup second) => Add(first, second);

    /// <summary>One after the other.</summary>
    public static Markup Add(Markup first, Markup second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        return new([.. first.Spans, .. second.Spans]);
    }

    /// <inheritdoc/>
    public override string ToString() => PlainText;
}
