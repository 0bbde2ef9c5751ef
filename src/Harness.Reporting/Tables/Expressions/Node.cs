namespace Harness.Reporting.Tables.Expressions;

/// <summary>A part of an expression. Values come in the order of the expression's column names.</summary>
internal abstract record Node
{
    public abstract double Evaluate(ReadOnlySpan<double> values);

    /// <summary>The same part with something else in place of each column.</summary>
    public abstract Node Replace(Func<int, Node> column);
}

internal sealed record NumberNode(double Value) : Node
{
    public override double Evaluate(ReadOnlySpan<double> values) => Value;

    public override Node Replace(Func<int, Node> column) => this;
}

internal sealed record ColumnNode(int Slot) : Node
{
    public override double Evaluate(ReadOnlySpan<double> values) => values[Slot];

    public override Node Replace(Func<int, Node> column) => column(Slot);
}

internal sealed record NegatedNode(Node Operand) : Node
{
    public override double Evaluate(ReadOnlySpan<double> values) => -Operand.Evaluate(values);

    public override Node Replace(Func<int, Node> column) => new NegatedNode(Operand.Replace(column));
}

internal sealed record BinaryNode(char Operator, Node Left, Node Right) : Node
{
    public override double Evaluate(ReadOnlySpan<double> values)
    {
        double left = Left.Evaluate(values), right = Right.Evaluate(values);
        return Operator switch
        {
            '+' => left + right,
            '-' => left - right,
            '*' => left * right,
            '/' => left / right,
            _ => Math.Pow(left, right),
        };
    }

    public override Node Replace(Func<int, Node> column) => new BinaryNode(Operator, Left.Replace(column), Right.Replace(column));
}

internal sealed record CallNode(Function Function, Node[] Arguments) : Node
{
    public override double Evaluate(ReadOnlySpan<double> values)
    {
        double first = Arguments[0].Evaluate(values);
        if (Arguments.Length == 1)
        {
            return Function.Of(first, double.NaN);
        }

        for (int i = 1; i < Arguments.Length; i++)
        {
            first = Function.Of(first, Arguments[i].Evaluate(values));
        }

        return first;
    }

    public override Node Replace(Func<int, Node> column) => new CallNode(Function, [.. Arguments.Select(a => a.Replace(column))]);
}
