using Harness.Reporting.Plots;

namespace Harness.Reporting.Tests.Plots;

public sealed class ShortNumberTests
{
    [Theory]
    [InlineData(999, "999")]
    [InlineData(999.6, "1K")]
    [InlineData(12_832, "12.8K")]
    [InlineData(999_999, "1M")]
    [InlineData(6_320_000, "6.32M")]
    [InlineData(1.75e11, "175B")]
    [InlineData(2e13, "20T")]
    public void Counts_have_the_suffix_of_their_rounded_value(double value, string expected) => Assert.Equal(expected, ShortNumber.Count(value));

    [Theory]
    [InlineData(0.0712345, "0.0712")]
    [InlineData(-3.14159, "-3.14")]
    [InlineData(1234567, "1.23e6")]
    [InlineData(0.00001234, "1.23e-5")]
    [InlineData(0, "0")]
    public void Digits_are_significant_ones(double value, string expected) => Assert.Equal(expected, ShortNumber.Digits(value));

    [Theory]
    [InlineData(59.94, "59.9 s")]
    [InlineData(245, "4 min 05 s")]
    [InlineData(12_000, "3 h 20 min")]
    public void Durations_read_well(double seconds, string expected) => Assert.Equal(expected, ShortNumber.Duration(seconds));
}
