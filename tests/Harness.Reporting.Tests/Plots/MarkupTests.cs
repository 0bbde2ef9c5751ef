using Harness.Reporting.Plots;

namespace Harness.Reporting.Tests.Plots;

public sealed class MarkupTests
{
    [Fact]
    public void A_variable_is_italic_in_an_exponent_too()
    {
        Markup label = Markup.Parse("*C*^{*a*}_{opt}");
        Assert.Equal([new("C", Script.Normal, true), new("a", Script.Superscript, true), new MarkupSpan("opt", Script.Subscript)], label.Spans);
        Assert.Equal("C^a_opt", label.PlainText);
    }

    [Theory]
    [InlineData("*C")]
    [InlineData("C^{2")]
    public void What_is_not_closed_is_refused(string pattern) => Assert.Throws<FormatException>(() => Markup.Parse(pattern));
}
