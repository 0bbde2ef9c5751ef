namespace Harness.Scaling.Tests;

public sealed class PointsTests
{
    [Theory]
    [InlineData("n", "d")]
    [InlineData("n", "c")]
    [InlineData("d", "c")]
    public void Two_of_n_d_and_c_give_the_third_and_tokens_per_parameter(string first, string second)
    {
        var all = new Dictionary<string, double> { ["n"] = 4e8, ["d"] = 8e9, ["c"] = 6 * 4e8 * 8e9, ["m"] = 20 };
        Points points = Points.Of((first, [all[first]]), (second, [all[second]]));
        foreach ((string name, double value) in all)
        {
            Assert.Equal(value, points.Column(name)[0], 1e-9 * value);
        }
    }

    [Fact]
    public void A_column_given_wins_over_one_implied()
    {
        Points points = Points.Of(("n", [1e8]), ("d", [1e9]), ("c", [7e17]));
        Assert.Equal(7e17, points.Column("c")[0]);
    }

    [Fact]
    public void Columns_of_different_length_are_refused() => Assert.Throws<ArgumentException>(() => Points.Of(("n", [1, 2]), ("d", [1])));
}
