namespace Harness.Reporting.Tables.Expressions;

/// <summary>Reads a row filter. See <see cref="RowFilter"/> for what may stand in it.</summary>
internal sealed class FilterCursor(string option, string text)
{
    private static readonly string[] Operators = ["<=", ">=", "==", "!=", "<>", "<", ">", "="];

    private readonly ExpressionCursor cursor = new(option, text);
    private int depth;

    public Condition Whole()
    {
        if (cursor.AtEnd)
        {
            throw cursor.Error("found nothing; a comparison such as flops>=1e21 is needed; leave the option out to keep all rows");
        }

        Condition condition = Any();
        return cursor.AtEnd ? condition : throw cursor.Error($"found {cursor.Found}; 'and', 'or' or the end is needed here; put texts with spaces in quotes");
    }

    private Condition Any()
    {
        Condition left = All();
        while (TakeWord("or"))
        {
            left = new JoinedCondition(false, left, All());
        }

        return left;
    }

    private Condition All()
    {
        Condition left = One();
        while (TakeWord("and"))
        {
            left = new JoinedCondition(true, left, One());
        }

        return left;
    }

    private Condition One()
    {
        cursor.SkipBlanks();
        if (!OpensGroup())
        {
            return Comparison();
        }

        if (++depth > 200)
        {
            throw cursor.Error("nested deeper than 200; write it simpler");
        }

        cursor.TryTake('(');
        Condition inner = Any();
        depth--;
        return cursor.TryTake(')') ? inner : throw cursor.Error($"found {cursor.Found}; ')' is needed here; close the parenthesis");
    }

    /// <summary>A parenthesis groups comparisons when a comparison sign stands in it; else it belongs to arithmetic.</summary>
    private bool OpensGroup()
    {
        int at = cursor.Position;
        if (at >= text.Length || text[at] != '(')
        {
            return false;
        }

        int open = 0;
        for (int i = at; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '[':
                    i = text.IndexOf(']', i) is >= 0 and var close ? close : text.Length;
                    break;
                case '(':
                    open++;
                    break;
                case ')' when --open == 0:
                    return false;
                case '<' or '>' or '=' or '!':
                    return true;
            }
        }

        return false;
    }

    private Condition Comparison()
    {
        ColumnExpression left = Expression();
        cursor.SkipBlanks();
        string? sign = Array.Find(Operators, o => string.CompareOrdinal(text, cursor.Position, o, 0, o.Length) == 0);
        if (sign is null)
        {
            throw cursor.Error($"found {cursor.Found}; a comparison (< <= > >= = !=) is needed here; names with spaces or signs stand in brackets, as in [Model Size]");
        }

        cursor.Position += sign.Length;
        sign = sign switch { "==" => "=", "<>" => "!=", _ => sign };
        if (cursor.AtEnd)
        {
            throw cursor.Error("found the end; a number or a text is needed after the comparison; complete it");
        }

        if (sign is not ("=" or "!="))
        {
            return new NumberCondition(left, sign, Expression());
        }

        int start = cursor.Position;
        bool quoted = text[start] is '"' or '\'';
        string word = quoted ? Quoted() : Bare();
        if (!quoted && Numbers.TryParse(word, out double number))
        {
            return new NumberCondition(left, sign, new ColumnExpression(word, new NumberNode(number), []));
        }

        return left.OnlyColumn is { } column
            ? new TextCondition(column, sign == "=", word)
            : throw cursor.Error($"found '{word}'; arithmetic is compared with a number; compare a single column with a text", start);
    }

    private ColumnExpression Expression()
    {
        cursor.SkipBlanks();
        int start = cursor.Position;
        ExpressionCursor part = new(option, text) { Position = start };
        Node root = part.Sum();
        cursor.Position = part.Position;
        return new ColumnExpression(text[start..part.Position].Trim(), root, part.Names);
    }

    private string Quoted()
    {
        int start = cursor.Position;
        char quote = text[start];
        int end = text.IndexOf(quote, start + 1);
        if (end < 0)
        {
            throw cursor.Error("the quote is never closed; close it", start);
        }

        cursor.Position = end + 1;
        return text[(start + 1)..end].Trim();
    }

    /// <summary>A bare text goes on until <c>and</c>, <c>or</c>, the end, or a parenthesis that it did not open.</summary>
    private string Bare()
    {
        int start = cursor.Position, open = 0, i = start;
        for (; i < text.Length; i++)
        {
            if (text[i] == '(')
            {
                open++;
            }
            else if (text[i] == ')' && --open < 0)
            {
                break;
            }
            else if (char.IsWhiteSpace(text[i]) && (WordAt(i + 1, "and") || WordAt(i + 1, "or")))
            {
                break;
            }
        }

        cursor.Position = i;
        string word = text[start..i].Trim();
        int sign = word.AsSpan().IndexOfAny('<', '>', '=');
        return word.Length == 0 || sign >= 0
            ? throw cursor.Error("found another comparison; comparisons are joined by 'and'; join them, or put the text in quotes", start + Math.Max(sign, 0))
            : word;
    }

    private bool TakeWord(string word)
    {
        cursor.SkipBlanks();
        if (!WordAt(cursor.Position, word))
        {
            return false;
        }

        cursor.Position += word.Length;
        return true;
    }

    private bool WordAt(int at, string word) =>
        at + word.Length <= text.Length
        && text.AsSpan(at, word.Length).Equals(word, StringComparison.OrdinalIgnoreCase)
        && (at + word.Length == text.Length || !(char.IsLetterOrDigit(text[at + word.Length]) || text[at + word.Length] == '_'));
}
