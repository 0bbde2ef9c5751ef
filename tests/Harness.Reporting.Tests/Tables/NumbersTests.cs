using System.Globalization;
using System.Text;
using Harness.Reporting.Tables;

namespace Harness.Reporting.Tests.Tables;

public sealed class NumbersTests
{
    [Fact]
    public void Numbers_from_UTF_8_have_the_bits_that_the_runtime_reads()
    {
        Random random = new(5);
        for (int i = 0; i < 200_000; i++)
        {
            double value = BitConverter.Int64BitsToDouble(random.NextInt64());
            string text = (i % 6) switch
            {
                0 => value.ToString("R", CultureInfo.InvariantCulture),
                1 => random.NextInt64(-1L << 54, 1L << 54).ToString(CultureInfo.InvariantCulture),
                2 => (random.Next(100_000_000) / 1e4).ToString("R", CultureInfo.InvariantCulture),
                3 => string.Create(CultureInfo.InvariantCulture, $"{random.Next(10_000)}.{random.Next(1_000_000):D6}e{random.Next(-30, 30)}"),
                4 => string.Create(CultureInfo.InvariantCulture, $"-0.{random.NextInt64(1L << 53):D17}E+{random.Next(40)}"),
                _ => string.Create(CultureInfo.InvariantCulture, $"{random.NextInt64(1L << 60)}{random.NextInt64(1L << 60)}.{random.Next()}"),
            };
            Assert.True(Numbers.TryParse(Encoding.UTF8.GetBytes(text), out double read) || double.IsNaN(value), text);
            Assert.Equal(BitConverter.DoubleToInt64Bits(double.Parse(text, CultureInfo.InvariantCulture)), BitConverter.DoubleToInt64Bits(read));
        }
    }

    [Theory]
    [InlineData("9007199254740993", 9007199254740992.0)] // 2^53 + 1 lies between two doubles
    [InlineData("1e22", 1e22)]
    [InlineData("1e23", 1e23)]
    [InlineData(" 2.75\t", 2.75)]
    [InlineData("\u00A02.75", 2.75)] // a spreadsheet's blank
    [InlineData("+.5e-3", 0.0005)]
    [InlineData("-0", -0.0)]
    [InlineData("5.", 5.0)]
    [InlineData("inf", double.PositiveInfinity)]
    [InlineData("-Infinity", double.NegativeInfinity)]
    [InlineData("NaN", double.NaN)]
    [InlineData("1e400", double.PositiveInfinity)]
    [InlineData("0.0000000000000000000000000000000000001", 1e-37)]
    public void Each_spelling_of_a_number_is_read(string text, double value)
    {
        Assert.True(Numbers.TryParse(Encoding.UTF8.GetBytes(text), out double read));
        Assert.Equal(BitConverter.DoubleToInt64Bits(value), BitConverter.DoubleToInt64Bits(read));
        Assert.True(Numbers.TryParse(text, out double again));
        Assert.Equal(BitConverter.DoubleToInt64Bits(value), BitConverter.DoubleToInt64Bits(again));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData(".")]
    [InlineData("e5")]
    [InlineData("1e")]
    [InlineData("1e+")]
    [InlineData("1,5")]
    [InlineData("1 5")]
    [InlineData("1.2.3")]
    [InlineData("0x10")]
    [InlineData("٣")] // a digit, but not one of ASCII
    public void What_is_no_number_is_none_in_UTF_8_as_in_text(string text)
    {
        Assert.False(Numbers.TryParse(Encoding.UTF8.GetBytes(text), out _));
        Assert.False(Numbers.TryParse(text, out _));
    }
}
