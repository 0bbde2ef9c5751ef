namespace Harness.Reporting.Tables.Expressions;

/// <summary>A part of an expression. Values come in the order of the expression's column names.</summary>
internal abstract record Node
{
    public abstract double Evaluate(ReadOnlySpan<double> values);
}

internal sealed record NumberNode(double Value) : Node
{
    public override double Evaluate(ReadOnlySpan<double> values) => Value;
}

internal sealed record ColumnNode(int Slot) : Node
{
    public override double Evaluate(ReadOnlySpan<double> values) => values[Slot];
}

internal sealed record NegatedNode(Node Operand) : Node
{
    public override double Evaluate(ReadOnlySpan<double> values) => -Operand.Evaluate(values);
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
}
