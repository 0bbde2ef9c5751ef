using System.Globalization;
using Harness.Sweeps.Expressions;

namespace Harness.Sweeps.Tests;

public sealed class ExpressionTests
{
    private static readonly Dictionary<string, double> Names = new() { ["d_model"] = 64, ["model.n_layer"] = 3, ["x"] = -1.5, ["tiny"] = 1e-8 };

    [Theory]
    [InlineData("1 + 2 * 3", 7)]
    [InlineData("(1 + 2) * 3", 9)]
    [InlineData("10 - 3 - 2", 5)]
    [InlineData("16 / 4 / 2", 2)]
    [InlineData("2 ^ 3 ^ 2", 512)]
    [InlineData("-2 ^ 2", -4)]
    [InlineData("(-2) ^ 2", 4)]
    [InlineData("2 ^ -1", 0.5)]
    [InlineData("2 * -3", -6)]
    [InlineData("--2", 2)]
    [InlineData("20M / 1e6", 20)]
    [InlineData("1 - 1", 0)]
    [InlineData("1-1", 0)]
    [InlineData("1e-3", 0.001)]
    [InlineData("64 * d_model", 4096)]
    [InlineData("0.003 * (d_model / 64) ^ -0.5", 0.003)]
    [InlineData("model.n_layer", 3)]
    [InlineData("min(3, 1, 2) + max(1, 2)", 3)]
    [InlineData("sqrt(16) + log(exp(2)) + log2(8) + log10(1000)", 12)]
    [InlineData("round(2.5) + round(-2.5) + floor(2.9) + ceil(2.1) + abs(-1)", 6)]
    [InlineData("round(1000, 64)", 1024)]
    public void Operators_bind_as_in_mathematics(string text, double value) =>
        Assert.Equal(value, ExpressionParser.Parse(text).Evaluate(n => Names[n])!.Value, 1e-12);

    [Theory]
    [InlineData("1 +", "it ends too early")]
    [InlineData("1 2", "unexpected '2' at character 3")]
    [InlineData("min()", "unexpected ')' at character 5")]
    [InlineData("log(1, 2)", "log takes 1 argument(s), not 2")]
    [InlineData("2d_model", "'2d_model' does not begin with a number: it goes on after the number")]
    [InlineData("1 = 1", "unexpected '=' at character 3")]
    public void A_malformed_expression_says_where(string text, string message) =>
        Assert.Equal(message, Assert.Throws<ExpressionException>(() => ExpressionParser.Parse(text)).Message);

    [Theory]
    [InlineData("1 / (d_model - 64)", "1 / 0 divides by zero")]
    [InlineData("(0 - 8) ^ 0.5", "-8 ^ 0.5 is not a number")]
    [InlineData("10 ^ 400", "10 ^ 400 is out of range")]
    [InlineData("log(0)", "log(0) is out of range")]
    [InlineData("round(1, 0)", "round(1, 0) divides by zero")]
    public void A_value_that_is_not_finite_says_which_operation(string text, string message) =>
        Assert.Equal(message, Assert.Throws<ExpressionException>(() => ExpressionParser.Parse(text).Evaluate(n => Names[n])).Message);

    [Theory]
    [InlineData('(')]
    [InlineData('-')]
    public void Depth_is_bounded(char c) =>
        Assert.Equal("it is nested more than 64 levels deep", Assert.Throws<ExpressionException>(() => ExpressionParser.Parse(new string(c, 900) + "1")).Message);

    [Fact]
    public void A_name_without_a_value_gives_none() => Assert.Null(ExpressionParser.Parse("1 + gone * 2").Evaluate(_ => null));

    [Theory]
    [InlineData("d_model < 65", true)]
    [InlineData("d_model <= 64", true)]
    [InlineData("d_model > 64", false)]
    [InlineData("d_model >= 2 * 32", true)]
    [InlineData("d_model == 64", true)]
    [InlineData("d_model != 64", false)]
    public void Conditions_compare(string text, bool holds) => Assert.Equal(holds, ExpressionParser.ParseCondition(text).Holds(n => Names[n]));

    /// <summary>Random trees, printed with all parentheses or with none that are needless, against their own evaluation.</summary>
    [Fact]
    public void Random_expressions_have_the_value_of_an_independent_evaluation()
    {
        var random = new Random(7);
        var compared = 0;
        for (var i = 0; i < 3000; i++)
        {
            var (text, minimal, _, value) = Tree(random, depth: 5);
            foreach (var written in new[] { text, minimal })
            {
                double? read;
                try
                {
                    read = ExpressionParser.Parse(written).Evaluate(n => Names[n]);
                }
                catch (ExpressionException e)
                {
                    Assert.False(double.IsFinite(value) && !e.Message.Contains("divides", StringComparison.Ordinal) && !e.Message.Contains("is out of range", StringComparison.Ordinal)
                        && !e.Message.Contains("is not a number", StringComparison.Ordinal), $"{written}: {e.Message}");
                    continue;
                }

                Assert.True(read == value, $"{written}: {read} instead of {value}");
                compared++;
            }
        }

        Assert.True(compared > 2000, $"only {compared} of 6000 expressions had a finite value");
    }

    /// <summary>Text in full parentheses, text with the fewest, binding strength of the outermost operator, value by plain double arithmetic.</summary>
    private static (string Full, string Minimal, int Strength, double Value) Tree(Random random, int depth)
    {
        if (depth == 0 || random.Next(5) == 0)
        {
            if (random.Next(3) == 0)
            {
                var name = Names.Keys.ElementAt(random.Next(Names.Count));
                return (name, name, 9, Names[name]);
            }

            var number = Math.Round(random.NextDouble() * 10, 3);
            var digits = number.ToString("R", CultureInfo.InvariantCulture);
            return (digits, digits, 9, number);
        }

        var a = Tree(random, depth - 1);
        if (random.Next(6) == 0)
        {
            var (name, f) = new (string, Func<double, double>)[] { ("sqrt", Math.Sqrt), ("exp", Math.Exp), ("abs", Math.Abs), ("floor", Math.Floor), ("ceil", Math.Ceiling), ("log", Math.Log) }[random.Next(6)];
            return ($"{name}({a.Full})", $"{name}({a.Minimal})", 9, f(a.Value));
        }

        if (random.Next(8) == 0)
        {
            return ($"(-{Wrap(a.Full)})", "-" + (a.Strength >= 3 ? a.Minimal : Wrap(a.Minimal)), 3, -a.Value);
        }

        var b = Tree(random, depth - 1);
        var op = "+-*/^"[random.Next(5)];
        var (strength, leftNeeds, rightNeeds) = op switch { '+' or '-' => (1, 1, 2), '*' or '/' => (2, 2, 3), _ => (4, 5, 3) };
        var value = op switch { '+' => a.Value + b.Value, '-' => a.Value - b.Value, '*' => a.Value * b.Value, '/' => a.Value / b.Value, _ => Math.Pow(a.Value, b.Value) };
        var minimal = (a.Strength >= leftNeeds ? a.Minimal : Wrap(a.Minimal)) + " " + op + " " + (b.Strength >= rightNeeds ? b.Minimal : Wrap(b.Minimal));
        return ($"({a.Full} {op} {b.Full})", minimal, strength, value);
    }

    private static string Wrap(string text) => $"({text})";
}
