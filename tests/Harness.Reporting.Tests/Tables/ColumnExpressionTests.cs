using Harness.Reporting.Tables;
using Harness.Reporting.Tables.Expressions;

namespace Harness.Reporting.Tests.Tables;

public sealed class ColumnExpressionTests
{
    [Theory]
    [InlineData("1+2*3", 7)]
    [InlineData("(1+2)*3", 9)]
    [InlineData("2^3^2", 512)]
    [InlineData("-2^2", -4)]
    [InlineData("2^-1", 0.5)]
    [InlineData("8/4/2", 1)]
    [InlineData("8-4-2", 2)]
    [InlineData("1e9/2.5E+8", 4)]
    [InlineData(".5 * 4", 2)]
    [InlineData("+3 - -2", 5)]
    [InlineData("log(exp(3))", 3)]
    [InlineData("ln(exp(2))", 2)]
    [InlineData("log10(1e-7)", -7)]
    [InlineData("log2(8)", 3)]
    [InlineData("sqrt(abs(-16))", 4)]
    [InlineData("min(3, 1, 2) + max(4, 5)", 6)]
    [InlineData("round(2.5) + floor(1.9) + ceil(1.1)", 6)]
    public void Arithmetic_follows_the_rules_of_paper(string text, double value) =>
        Assert.Equal(value, ColumnExpression.Parse(text, "--d").Evaluate([]), 1e-12);

    [Fact]
    public void Columns_are_read_by_name_each_once()
    {
        ColumnExpression expression = ColumnExpression.Parse("[Training FLOP] / (6 * [Model Size]) + 0*[Model Size]", "--d");
        Assert.Equal(["Training FLOP", "Model Size"], expression.Names);
        Assert.Equal(1e18 / 6e9, expression.Evaluate([1e18, 1e9]));
        Assert.Null(expression.OnlyColumn);
        Assert.Equal("Model Size", ColumnExpression.Parse(" [Model Size] ", "--n").OnlyColumn);
        Assert.Equal("loss.mean_2", ColumnExpression.Parse("loss.mean_2", "--loss").OnlyColumn);
    }

    [Fact]
    public void A_name_in_brackets_may_have_pairs_of_brackets()
    {
        ColumnExpression expression = ColumnExpression.Parse("[Loss [nats]] * log2(exp(1)) + [Size [B [params]]]", "--loss");
        Assert.Equal(["Loss [nats]", "Size [B [params]]"], expression.Names);
        Assert.Equal((2 * Math.Log2(Math.E)) + 7, expression.Evaluate([2, 7]), 1e-12);
    }

    [Fact]
    public void A_text_that_is_a_columns_whole_name_is_that_column()
    {
        using TableReader table = Some.Table("Model Size,train-flops,a/b\n1,2,3\n");
        foreach (string name in table.Header.Names)
        {
            Assert.Equal(name, ColumnExpression.Parse(name, "--n", table.Header).OnlyColumn);
        }
    }

    [Fact]
    public void A_function_is_one_only_where_it_is_called()
    {
        ColumnExpression expression = ColumnExpression.Parse("log(log)+min", "--x");
        Assert.Equal(["log", "min"], expression.Names);
        Assert.Equal(Math.Log(5) + 2, expression.Evaluate([5, 2]));
    }

    [Theory]
    [InlineData("", "--d:1:1: found the end; a number, a column or '(' is needed here; complete the expression, in \"\"")]
    [InlineData("C/(6*N", "--d:1:7: found the end; ')' is needed here; close the parenthesis, in \"C/(6*N\"")]
    [InlineData("C/*N", "--d:1:3: found '*'; a number, a column or '(' is needed here; names with spaces or signs stand in brackets, as in [Model Size], in \"C/*N\"")]
    [InlineData("C**2", "--d:1:2: found '**'; a power is written with ^; write x^2, in \"C**2\"")]
    [InlineData("6N", "--d:1:1: found '6N'; a product is written with *, and a column whose name starts with a digit stands in brackets; write 6*N... or [6N...], in \"6N\"")]
    [InlineData("Model Size", "--d:1:7: found 'S' where the expression was complete; an operator (+ - * / ^) is needed here; names with spaces or signs stand in brackets, as in [Model Size], in \"Model Size\"")]
    [InlineData("[Model Size", "--d:1:1: '[' is never closed; a column's name in brackets ends with ']', in \"[Model Size\"")]
    [InlineData("N*[]", "--d:1:3: found '[]'; a column's name is needed between the brackets, in \"N*[]\"")]
    [InlineData("1.2.3", "--d:1:1: found '1.2.3'; a number such as 6, 0.5 or 1e9 is needed, in \"1.2.3\"")]
    [InlineData("lg(N)", "--d:1:1: 'lg' is no function; there is log, ln, log10, log2, exp, sqrt, abs, round, floor, ceil, min, max; a column whose name has spaces or signs stands in brackets, in \"lg(N)\"")]
    [InlineData("log(N, 2)", "--d:1:1: log has 2 arguments; it takes one, in \"log(N, 2)\"")]
    [InlineData("max(N)", "--d:1:1: max has 1 argument; it takes two or more, in \"max(N)\"")]
    [InlineData("N +\n* 2", "--d:2:1: found '*'; a number, a column or '(' is needed here; names with spaces or signs stand in brackets, as in [Model Size], in \"N +\\n* 2\"")]
    [InlineData("1,5*N", "--d:1:2: found ',' where the expression was complete; an operator (+ - * / ^) is needed here; names with spaces or signs stand in brackets, as in [Model Size], in \"1,5*N\"")]
    public void Each_bad_expression_gives_exactly_its_message(string text, string message) =>
        Assert.Equal(message, Some.ExpressionProblem(() => ColumnExpression.Parse(text, "--d")));

    [Fact]
    public void Very_deep_nesting_is_refused_and_does_not_overflow_the_stack()
    {
        Assert.Contains("nested deeper than 200", Some.ExpressionProblem(() => ColumnExpression.Parse(new string('(', 100_000), "--d")), StringComparison.Ordinal);
        Assert.Contains("nested deeper than 200", Some.ExpressionProblem(() => ColumnExpression.Parse(new string('-', 100_000), "--d")), StringComparison.Ordinal);
        Assert.Contains("nested deeper than 200", Some.ExpressionProblem(() => ColumnExpression.Parse(string.Concat(Enumerable.Repeat("2^", 100_000)), "--d")), StringComparison.Ordinal);
    }
}
