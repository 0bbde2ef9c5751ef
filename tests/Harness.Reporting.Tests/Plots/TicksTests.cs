using Harness.Reporting.Plots;

namespace Harness.Reporting.Tests.Plots;

public sealed class TicksTests
{
    [Theory]
    [InlineData(1.23, 2.41, "1.4 1.6 1.8 2 2.2 2.4")]
    [InlineData(2.9, 3.35, "2.9 3 3.1 3.2 3.3")]
    [InlineData(1.2, 14, "2 3 5 10")]
    [InlineData(8e3, 9e6, "10^4 10^5 10^6")]
    [InlineData(4e5, 9e6, "5×10^5 10^6 2×10^6 5×10^6")]
    [InlineData(1e15, 5e16, "10^15 3×10^15 10^16 3×10^16")]
    [InlineData(2.1e6, 3.9e6, "2.5×10^6 3×10^6 3.5×10^6")]
    [InlineData(0.011, 0.09, "0.02 0.03 0.05")]
    public void Labels_are_round_and_few(double low, double high, string expected) =>
        Assert.Equal(expected, string.Join(' ', Ticks.Of(new Axis(Markup.Empty, low, high)).Where(t => t.Label is not null).Select(t => t.Label!.PlainText)));

    [Fact]
    public void Labels_say_where_they_stand_on_every_range()
    {
        var random = new Random(1);
        for (int i = 0; i < 500; i++)
        {
            double low = Math.Pow(10, (random.NextDouble() * 24) - 4);
            var axis = new Axis(Markup.Empty, low, low * Math.Pow(10, 0.02 + (random.NextDouble() * 8)));
            var labelled = Ticks.Of(axis).Where(t => t.Label is not null).ToList();
            Assert.InRange(labelled.Count, 2, 11);
            foreach (var tick in labelled)
            {
                Assert.InRange(tick.Value, axis.Low, axis.High);
                Assert.Equal(tick.Value, Value(tick.Label!), tick.Value * 1e-9);
            }
        }
    }

    private static double Value(Markup label)
    {
        string text = label.PlainText.Replace('−', '-');
        var parts = text.Split("10^");
        return parts.Length == 1
            ? double.Parse(text, System.Globalization.CultureInfo.InvariantCulture)
            : (parts[0].Length == 0 ? 1 : double.Parse(parts[0].TrimEnd('×'), System.Globalization.CultureInfo.InvariantCulture)) * double.Parse("1e" + parts[1], System.Globalization.CultureInfo.InvariantCulture);
    }
}
