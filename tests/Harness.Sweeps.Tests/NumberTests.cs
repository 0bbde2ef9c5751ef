using System.Globalization;
using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using Harness.Sweeps.Values;

namespace Harness.Sweeps.Tests;

public sealed class NumberTests
{
    [Theory]
    [InlineData("12", 12)]
    [InlineData("1e6", 1_000_000)]
    [InlineData("1E+6", 1_000_000)]
    [InlineData("100M", 100_000_000)]
    [InlineData("10_000", 10_000)]
    [InlineData("2k", 2_000)]
    [InlineData("2K", 2_000)]
    [InlineData("1.5B", 1_500_000_000)]
    [InlineData("3T", 3_000_000_000_000)]
    [InlineData("64Ki", 65_536)]
    [InlineData("1Mi", 1_048_576)]
    [InlineData("0.5Ki", 512)]
    [InlineData("12.0", 12)]
    [InlineData("1.25e2", 125)]
    [InlineData("120e-1", 12)]
    [InlineData("-3", -3)]
    [InlineData("+3", 3)]
    [InlineData("0", 0)]
    [InlineData("9007199254740993", 9_007_199_254_740_993)] // 2^53 + 1, which a double can't hold
    public void Whole_numbers_are_read_exactly(string text, long value)
    {
        Assert.True(NumberText.TryRead(text, out var number, out _));
        Assert.Equal(value, number.Whole);
    }

    [Theory]
    [InlineData("1.5")]
    [InlineData("1e-3")]
    [InlineData("0.0001k")]
    public void A_fraction_is_no_whole_number(string text)
    {
        Assert.True(NumberText.TryRead(text, out var number, out _));
        Assert.Null(number.Whole);
    }

    [Theory]
    [InlineData("")]
    [InlineData("k")]
    [InlineData("1k2")]
    [InlineData("1.2.3")]
    [InlineData("--1")]
    [InlineData("1e")]
    [InlineData("1e+")]
    [InlineData("1_000_")]
    [InlineData("_1")]
    [InlineData("1 k")]
    [InlineData("00")]
    [InlineData("\u0661\u0662")] // Arabic-Indic digits
    [InlineData("1e401")]
    public void Text_that_is_no_number_is_refused(string text) => Assert.False(NumberText.TryRead(text, out _, out _));

    [Fact]
    public void Any_integer_survives_any_way_of_writing_it()
    {
        (string Suffix, BigInteger Scale)[] suffixes = [("", 1), ("k", 1000), ("M", 1_000_000), ("B", 1_000_000_000), ("Ki", 1024), ("Mi", 1 << 20), ("e3", 1000), ("e0", 1), ("E+7", 10_000_000)];
        var property = Prop.ForAll(
            ArbMap.Default.ArbFor<long>(), ArbMap.Default.ArbFor<int>(), (value, pick) =>
            {
                var (suffix, scale) = suffixes[(pick & int.MaxValue) % suffixes.Length];
                var plain = value.ToString(CultureInfo.InvariantCulture);
                var grouped = value.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', '_');
                return NumberText.TryRead(plain + suffix, out var a, out _) && a.Whole == value * scale
                    && NumberText.TryRead(grouped + suffix, out var b, out _) && b.Whole == value * scale
                    && NumberText.TryRead(plain + ".000" + suffix, out var c, out _) && c.Whole == value * scale;
            });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), property);
    }

    [Fact]
    public void Any_double_reads_back_as_the_same_bits()
    {
        var property = Prop.ForAll(ArbMap.Default.ArbFor<long>(), bits =>
        {
            var value = BitConverter.Int64BitsToDouble(bits);
            return !double.IsFinite(value)
                || (NumberText.TryRead(value.ToString("R", CultureInfo.InvariantCulture), out var read, out _) && read.Real == value);
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(1000), property);
    }

    [Fact]
    public void Random_text_never_throws()
    {
        const string Alphabet = "0123456789._-+eEkKMBTGi x#:,";
        var random = new System.Random(1);
        for (var i = 0; i < 20_000; i++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(8)).Select(_ => Alphabet[random.Next(Alphabet.Length)])]);
            if (NumberText.TryRead(text, out var number, out _))
            {
                _ = number.Whole;
                _ = number.Real;
            }
        }
    }
}
