using Harness.Sweeps.Keys;
using Harness.Sweeps.Values;

namespace Harness.Sweeps.Expressions;

/// <summary>
/// Reads expressions: <c>+ - * /</c>, <c>^</c> (binds tightest and to the right, so -2^2 = -4), parentheses, the calls of <see cref="Functions"/>,
/// numbers as everywhere in a sweep (20M), and names.
/// </summary>
internal sealed class ExpressionParser
{
    private const int MaxLength = 1000;
    private const int MaxDepth = 64;
    private static readonly string[] Comparisons = ["<=", ">=", "==", "!=", "<", ">"];

    private readonly string text;
    private int at;
    private int depth;

    private ExpressionParser(string text) => this.text = text;

    /// <exception cref="ExpressionException">It isn't an expression; the message says where and why.</exception>
    public static Expression Parse(string text)
    {
        var parser = Start(text);
        var result = parser.Sum();
        parser.ExpectEnd();
        return result;
    }

    /// <exception cref="ExpressionException">It isn't one comparison of two expressions.</exception>
    public static Condition ParseCondition(string text)
    {
        var parser = Start(text);
        var left = parser.Sum();
        var comparison = Comparisons.FirstOrDefault(c => parser.text.AsSpan(parser.at).StartsWith(c))
            ?? throw parser.Unexpected("a comparison such as <= is missing");
        parser.at += comparison.Length;
        var right = parser.Sum();
        parser.ExpectEnd();
        return new Condition(left, comparison, right);
    }

    private static ExpressionParser Start(string text) =>
        text.Length <= MaxLength ? new ExpressionParser(text) : throw new ExpressionException($"it is longer than {MaxLength} characters");

    private Expression Sum()
    {
        if (++depth > MaxDepth)
        {
            throw new ExpressionException($"it is nested more than {MaxDepth} levels deep");
        }

        var left = Product();
        while (Take('+', '-') is { } op)
        {
            left = new Operation(op, left, Product());
        }

        depth--;
        return left;
    }

    private Expression Product()
    {
        var left = Unary();
        while (Take('*', '/') is { } op)
        {
            if (op == '*' && at < text.Length && text[at] == '*')
            {
                throw new ExpressionException("** is written ^");
            }

            left = new Operation(op, left, Unary());
        }

        return left;
    }

    private Expression Unary()
    {
        if (++depth > MaxDepth)
        {
            throw new ExpressionException($"it is nested more than {MaxDepth} levels deep");
        }

        var result = Take('-', '+') switch
        {
            '-' => new Negation(Unary()),
            '+' => Unary(),
            _ => Power(),
        };
        depth--;
        return result;
    }

    private Expression Power()
    {
        var number = Primary();
        return Take('^') is null ? number : new Operation('^', number, Unary());
    }

    private Expression Primary()
    {
        SkipBlanks();
        if (at == text.Length)
        {
            throw Unexpected("");
        }

        if (Take('(') is not null)
        {
            var inner = Sum();
            return Take(')') is not null ? inner : throw Unexpected("a closing parenthesis is missing");
        }

        if (char.IsAsciiDigit(text[at]) || text[at] == '.')
        {
            return Number();
        }

        var from = at;
        while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] is '_' or '.'))
        {
            at++;
        }

        var name = text[from..at];
        return name.Length == 0 ? throw Unexpected("") : Take('(') is null ? new Reference(name) : Arguments(name);
    }

    private Literal Number()
    {
        if (!NumberText.TryScan(text.AsSpan(at), out var number, out var length, out var why))
        {
            throw new ExpressionException($"{Printable.Quoted(text[at..])} does not begin with a number" + (why is null ? "" : ": " + why));
        }

        at += length;
        return double.IsFinite(number.Real) ? new Literal(number.Real) : throw new ExpressionException("a number is out of range");
    }

    private Call Arguments(string name)
    {
        var function = Functions.Find(name) ?? throw new ExpressionException(
            $"there is no function {Printable.Quoted(name)}; there are {Show.Choices(Functions.All.Select(f => f.Name))}"
            + (NearestName.To(name, Functions.All.Select(f => f.Name)) is { } near ? $"; did you mean {near}?" : ""));
        var arguments = new List<Expression>();
        do
        {
            arguments.Add(Sum());
        }
        while (Take(',') is not null);

        if (Take(')') is null)
        {
            throw Unexpected("a closing parenthesis is missing");
        }

        return arguments.Count >= function.MinArguments && arguments.Count <= function.MaxArguments
            ? new Call(name, arguments)
            : throw new ExpressionException($"{name} takes {(function.MinArguments == function.MaxArguments ? $"{function.MinArguments}" : $"{function.MinArguments} to {function.MaxArguments}")} argument(s), not {arguments.Count}");
    }

    private char? Take(params ReadOnlySpan<char> wanted)
    {
        SkipBlanks();
        return at < text.Length && wanted.Contains(text[at]) ? text[at++] : null;
    }

    private void SkipBlanks()
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
        {
            at++;
        }
    }

    private void ExpectEnd()
    {
        SkipBlanks();
        if (at < text.Length)
        {
            throw Unexpected("");
        }
    }

    private ExpressionException Unexpected(string missing) => new(
        (missing.Length > 0 ? missing + " " : "") + (at < text.Length
            ? $"{(missing.Length > 0 ? "before" : "unexpected")} {Printable.Quoted(text[at].ToString())} at character {at + 1}"
            : missing.Length > 0 ? "at its end" : "it ends too early"));
}
