using Harness.Reporting.Plots;

namespace Harness.Reporting.Tests.Plots;

public sealed class LawFormulaTests
{
    [Theory]
    [InlineData("loss = e + a/n^alpha + b/d^beta", "L = 1.69 + 406/N^0.34 + 411/D^0.28")]
    [InlineData("loss = (n_c/n)^alpha_n", "L = (8.8×10^13/N)^0.076")]
    [InlineData("loss = offset + coefficient * x^exponent", "L = −0.5 + 12 · D^−0.1")]
    [InlineData("loss = ((a/n)^(alpha/beta) + b/d)^beta", "L = ((406/N)^(0.34/0.28) + 411/D)^0.28")]
    [InlineData("n_opt = a * c^alpha", "N_opt = 406 · C^0.34")]
    [InlineData("loss = e - coefficient*d^-alpha", "L = 1.69 − 12·D^−0.34")]
    public void Numbers_stand_where_the_names_stood(string equation, string expected)
    {
        var values = new Dictionary<string, double>
        {
            ["e"] = 1.69,
            ["a"] = 406.4,
            ["b"] = 410.7,
            ["alpha"] = 0.34,
            ["beta"] = 0.28,
            ["n_c"] = 8.8e13,
            ["alpha_n"] = 0.076,
            ["offset"] = -0.5,
            ["coefficient"] = 12,
            ["exponent"] = -0.1,
        };
        Assert.Equal(expected, LawFormula.Of(equation, values, new Dictionary<string, string> { ["x"] = "d" }).PlainText);
    }

    [Fact]
    public void Exponents_are_raised_and_variables_italic()
    {
        var spans = LawFormula.Of("loss = a/n^alpha", new Dictionary<string, double> { ["a"] = 1e10, ["alpha"] = 0.5 }).Spans;
        Assert.Equal(
            [new("L", Italic: true), new(" = 10"), new("10", Script.Superscript), new("/"), new("N", Italic: true), new("0.5", Script.Superscript)],
            spans);
    }

    [Fact]
    public void Text_of_users_is_never_markup() =>
        Assert.Equal([new MarkupSpan("*a*^{b} _{c} ")], Markup.Plain("*a*^{b} _{c}\n").Spans);

    [Fact]
    public void Every_law_of_the_catalogue_can_be_written_with_its_numbers()
    {
        foreach (var law in Scaling.LawCatalog.Laws)
        {
            var values = law.Parameters.Select((p, i) => KeyValuePair.Create(p.Name, 1.25 + i)).ToList();
            string formula = LawFormula.Of(law.Equation, values).PlainText;
            Assert.DoesNotContain('{', formula);

            // A parameter that the equation names has become a number.
            Assert.All(law.Parameters.Where(p => p.Name.Length > 1), p => Assert.DoesNotMatch($@"(?<![A-Za-z_0-9]){p.Name}(?![A-Za-z_0-9])", formula));
        }
    }
}
