using System.Globalization;

namespace Harness.Sweeps.Expressions;

/// <summary>An arithmetic expression over keys and derived names, for example <c>20 * non_embedding_params</c>. Evaluated in double precision.</summary>
internal abstract record Expression
{
    /// <summary>The value, or null where a name that it needs has none (which was reported elsewhere).</summary>
    /// <param name="valueOf">The value of a name; null if it has none.</param>
    /// <exception cref="ExpressionException">The value isn't a finite number; the message says why.</exception>
    public abstract double? Evaluate(Func<string, double?> valueOf);

    /// <summary>Every name in it, as written.</summary>
    public abstract IEnumerable<string> Names { get; }

    /// <summary>The value if finite, else an exception that names the operation.</summary>
    protected static double Finite(double value, FormattableString what) =>
        double.IsFinite(value)
            ? value
            : throw new ExpressionException(what.ToString(CultureInfo.InvariantCulture) + (double.IsNaN(value) ? " is not a number" : " is out of range"));
}

/// <summary>A literal.</summary>
internal sealed record Literal(double Value) : Expression
{
    public override IEnumerable<string> Names => [];

    public override double? Evaluate(Func<string, double?> valueOf) => Value;
}

/// <summary>A key or a derived name.</summary>
internal sealed record Reference(string Name) : Expression
{
    public override IEnumerable<string> Names => [Name];

    public override double? Evaluate(Func<string, double?> valueOf) => valueOf(Name);
}

/// <summary>A minus before an expression.</summary>
internal sealed record Negation(Expression Inner) : Expression
{
    public override IEnumerable<string> Names => Inner.Names;

    public override double? Evaluate(Func<string, double?> valueOf) => -Inner.Evaluate(valueOf);
}

/// <summary>One of <c>+ - * / ^</c>.</summary>
internal sealed record Operation(char Operator, Expression Left, Expression Right) : Expression
{
    public override IEnumerable<string> Names => Left.Names.Concat(Right.Names);

    public override double? Evaluate(Func<string, double?> valueOf)
    {
        if (Left.Evaluate(valueOf) is not { } a || Right.Evaluate(valueOf) is not { } b)
        {
            return null;
        }

        if (Operator == '/' && b == 0)
        {
            throw new ExpressionException(FormattableString.Invariant($"{a} / 0 divides by zero"));
        }

        var value = Operator switch
        {
            '+' => a + b,
            '-' => a - b,
            '*' => a * b,
            '/' => a / b,
            '^' => Math.Pow(a, b),
            _ => throw new InvalidOperationException($"no operator '{Operator}'"),
        };
        return Finite(value, $"{a} {Operator} {b}");
    }
}

/// <summary>A function of <see cref="Functions"/> with its arguments.</summary>
internal sealed record Call(string Function, IReadOnlyList<Expression> Arguments) : Expression
{
    public override IEnumerable<string> Names => Arguments.SelectMany(a => a.Names);

    public override double? Evaluate(Func<string, double?> valueOf)
    {
        var values = new double[Arguments.Count];
        for (var i = 0; i < values.Length; i++)
        {
            if (Arguments[i].Evaluate(valueOf) is not { } value)
            {
                return null;
            }

            values[i] = value;
        }

        var shown = string.Join(", ", values.Select(Show.Real));
        if (Function == "round" && values is [_, 0])
        {
            throw new ExpressionException($"round({shown}) divides by zero");
        }

        return Finite(Functions.Find(Function)!.Compute(values), $"{Function}({shown})");
    }
}

/// <summary>Two expressions and a comparison, for <c>where</c>.</summary>
internal sealed record Condition(Expression Left, string Comparison, Expression Right)
{
    /// <summary>Whether it holds; null where a name has no value.</summary>
    public bool? Holds(Func<string, double?> valueOf) =>
        Left.Evaluate(valueOf) is not { } a || Right.Evaluate(valueOf) is not { } b
            ? null
            : Comparison switch
            {
                "<" => a < b,
                "<=" => a <= b,
                ">" => a > b,
                ">=" => a >= b,
                "==" => a == b,
                _ => a != b,
            };
}

/// <summary>An expression that can't be read or has no finite value; the message is for the sweep's author.</summary>
internal sealed class ExpressionException(string message) : Exception(message);
