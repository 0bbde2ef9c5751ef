namespace Harness.Reporting.Tables.Expressions;

/// <summary>
/// Reads arithmetic from a text, leaving off at the first character that cannot go on with it. Grammar, loosest first:
/// <c>sum = product (('+'|'-') product)*; product = signed (('*'|'/') signed)*; signed = '-' signed | power; power = atom ('^' signed)?;
/// atom = number | name | '[' any name, with brackets of its own in pairs ']' | function '(' sum (',' sum)* ')' | '(' sum ')'</c>.
/// </summary>
internal sealed class ExpressionCursor(string option, string text)
{
    private const int DeepestNesting = 200;

    private readonly List<string> names = [];
    private int depth;

    public int Position { get; set; }

    /// <summary>The columns met so far, each once.</summary>
    public IReadOnlyList<string> Names => names;

    public bool AtEnd
    {
        get
        {
            SkipBlanks();
            return Position == text.Length;
        }
    }

    public ExpressionException Error(string problem, int? at = null) => new(option, text, at ?? Position, problem);

    public string Found => AtEnd ? "the end" : $"'{text[Position]}'";

    public bool TryTake(char c)
    {
        if (AtEnd || text[Position] != c)
        {
            return false;
        }

        Position++;
        return true;
    }

    public Node Sum()
    {
        if (++depth > DeepestNesting)
        {
            throw Error($"nested deeper than {DeepestNesting}; write it simpler");
        }

        Node left = Product();
        while (!AtEnd && text[Position] is '+' or '-')
        {
            left = new BinaryNode(text[Position++], left, Product());
        }

        depth--;
        return left;
    }

    public void SkipBlanks()
    {
        while (Position < text.Length && char.IsWhiteSpace(text[Position]))
        {
            Position++;
        }
    }

    private Node Product()
    {
        Node left = Signed();
        while (!AtEnd && text[Position] is '*' or '/')
        {
            if (text[Position] == '*' && Position + 1 < text.Length && text[Position + 1] == '*')
            {
                throw Error("found '**'; a power is written with ^; write x^2");
            }

            left = new BinaryNode(text[Position++], left, Signed());
        }

        return left;
    }

    private Node Signed()
    {
        if (++depth > DeepestNesting)
        {
            throw Error($"nested deeper than {DeepestNesting}; write it simpler");
        }

        Node signed = TryTake('-') ? new NegatedNode(Signed()) : TryTake('+') ? Signed() : Power();
        depth--;
        return signed;
    }

    private Node Power()
    {
        Node atom = Atom();
        return TryTake('^') ? new BinaryNode('^', atom, Signed()) : atom;
    }

    private Node Atom()
    {
        if (TryTake('('))
        {
            Node inner = Sum();
            return TryTake(')') ? inner : throw Error($"found {Found}; ')' is needed here; close the parenthesis");
        }

        if (AtEnd)
        {
            throw Error("found the end; a number, a column or '(' is needed here; complete the expression");
        }

        char c = text[Position];
        if (char.IsAsciiDigit(c) || c == '.')
        {
            return Number();
        }

        if (c == '[')
        {
            return Column(Bracketed());
        }

        if (char.IsLetter(c) || c == '_')
        {
            return NameOrCall();
        }

        throw Error($"found {Found}; a number, a column or '(' is needed here; names with spaces or signs stand in brackets, as in [Model Size]");
    }

    private NumberNode Number()
    {
        int start = Position;
        while (Position < text.Length && (char.IsAsciiDigit(text[Position]) || text[Position] == '.'))
        {
            Position++;
        }

        if (Position < text.Length && text[Position] is 'e' or 'E')
        {
            int digits = Position + 1 < text.Length && text[Position + 1] is '+' or '-' ? Position + 2 : Position + 1;
            if (digits < text.Length && char.IsAsciiDigit(text[digits]))
            {
                Position = digits;
                while (Position < text.Length && char.IsAsciiDigit(text[Position]))
                {
                    Position++;
                }
            }
        }

        ReadOnlySpan<char> digitsRead = text.AsSpan(start, Position - start);
        if (!Numbers.TryParse(digitsRead, out double value) || !double.IsFinite(value))
        {
            throw Error($"found '{digitsRead}'; a number such as 6, 0.5 or 1e9 is needed", start);
        }

        if (Position < text.Length && (char.IsLetter(text[Position]) || text[Position] == '_'))
        {
            throw Error($"found '{digitsRead}{text[Position]}'; a product is written with *, and a column whose name starts with a digit stands in brackets; write {digitsRead}*{text[Position]}... or [{digitsRead}{text[Position]}...]", start);
        }

        return new NumberNode(value);
    }

    private string Bracketed()
    {
        int start = Position++;
        int end = Position, open = 1;
        while (end < text.Length && (open += text[end] == '[' ? 1 : text[end] == ']' ? -1 : 0) > 0)
        {
            end++;
        }

        if (end == text.Length)
        {
            throw Error("'[' is never closed; a column's name in brackets ends with ']'", start);
        }

        string name = text[Position..end].Trim();
        Position = end + 1;
        return name.Length > 0 ? name : throw Error("found '[]'; a column's name is needed between the brackets", start);
    }

    private Node NameOrCall()
    {
        int start = Position;
        while (Position < text.Length && (char.IsLetterOrDigit(text[Position]) || text[Position] is '_' or '.'))
        {
            Position++;
        }

        string name = text[start..Position];
        if (AtEnd || text[Position] != '(')
        {
            return Column(name);
        }

        if (!Function.ByName.TryGetValue(name, out Function? function))
        {
            throw Error($"'{name}' is no function; there is {string.Join(", ", Function.ByName.Keys)}; a column whose name has spaces or signs stands in brackets", start);
        }

        Position++;
        List<Node> arguments = [Sum()];
        while (TryTake(','))
        {
            arguments.Add(Sum());
        }

        if (!TryTake(')'))
        {
            throw Error($"found {Found}; ',' or ')' is needed here; close the call of {name}");
        }

        if (function.TakesMany ? arguments.Count < 2 : arguments.Count != 1)
        {
            throw Error($"{name} has {arguments.Count} argument{(arguments.Count == 1 ? "" : "s")}; it takes {(function.TakesMany ? "two or more" : "one")}", start);
        }

        return new CallNode(function, [.. arguments]);
    }

    private ColumnNode Column(string name)
    {
        int slot = names.IndexOf(name);
        if (slot < 0)
        {
            slot = names.Count;
            names.Add(name);
        }

        return new ColumnNode(slot);
    }
}
