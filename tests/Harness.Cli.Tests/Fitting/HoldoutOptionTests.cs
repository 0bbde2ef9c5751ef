using System.Text.Json;

namespace Harness.Cli.Tests.Fitting;

/// <summary><c>--holdout</c> in each of its forms: which rows it keeps back, and that the fit is the one of the others.</summary>
public sealed class HoldoutOptionTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    // Six sizes from 1e7 to 3e9, each with six numbers of tokens from 3e8 to 1e11.
    [Theory]
    [InlineData("largest-n", 6, "N<3e9", "extrapolation", "n", 3)]
    [InlineData("largest-d", 6, "D<1e11", "extrapolation", "d", 1e11 / 3e10)]
    [InlineData("largest-c", 1, "N*D<3e20", "extrapolation", "c", 3)]
    [InlineData("D=3e8", 6, "D!=3e8", "extrapolation", "d", 1e9 / 3e8)]
    [InlineData("half=late", 18, "half!=late", "extrapolation", "d", 1e11 / 3e9)]
    [InlineData("N>5e8 and D>5e10", 2, "N<5e8 or D<5e10", "extrapolation", "c", 1e11 / 3e10)]
    [InlineData("N=1e8", 6, "N!=1e8", "interpolation", null, 1)]
    public void Rows_kept_back_are_those_the_rule_names_and_the_fit_is_the_one_of_the_others(string rule, int held, string others, string kind, string? variable, double distance)
    {
        string points = Table();
        JsonElement fit = Cli.Fit(points, "--law", "chinchilla", "--holdout", rule), without = Cli.Fit(points, "--law", "chinchilla", "--where", others);
        JsonElement holdout = fit.GetProperty("holdout");
        Assert.Equal(36 - held, fit.GetProperty("points").GetInt32());
        Assert.Equal(held, holdout.GetProperty("points").GetInt32());
        Assert.Equal(rule, holdout.GetProperty("rule").GetString());
        Assert.Equal(kind, holdout.GetProperty("kind").GetString());
        Assert.Equal(variable, holdout.GetProperty("distance_variable").GetString());
        Assert.Equal(1, holdout.GetProperty("distance").GetDouble() / distance, 1e-9);
        foreach (JsonProperty parameter in without.GetProperty("parameters").EnumerateObject())
        {
            Assert.Equal(1, fit.Parameter(parameter.Name) / parameter.Value.GetDouble(), 1e-7);
        }

        // Rows have noise of half a tenth of a per mille at most, so that the law that made them is known well, if less so thirty times beyond the rows.
        Assert.InRange(holdout.GetProperty("worst_relative_error").GetDouble(), 0, distance > 10 ? 0.05 : 1e-2);
    }

    [Fact]
    public void A_share_is_drawn_by_the_seed()
    {
        string points = Table();
        JsonElement Held(string seed) => Cli.Fit(points, "--law", "chinchilla", "--holdout", "0.25", "--seed", seed).GetProperty("holdout");
        static string Rows(JsonElement holdout) => string.Join(" ", holdout.GetProperty("rows").EnumerateArray().Select(r => r.GetProperty("row").GetString()));
        Assert.Equal(9, Held("1").GetProperty("points").GetInt32());
        Assert.Equal(Rows(Held("1")), Rows(Held("1")));
        Assert.NotEqual(Rows(Held("1")), Rows(Held("2")));
    }

    [Fact]
    public void A_share_of_grouped_rows_takes_whole_groups()
    {
        JsonElement holdout = Cli.Fit(Table(), "--law", "chinchilla", "--group", "N", "--holdout", "0.34").GetProperty("holdout");
        Assert.Equal(12, holdout.GetProperty("points").GetInt32());
    }

    private string Table()
    {
        int row = 0;
        return folder.Write("points.csv", Synthetic.Csv("N,D,loss,half", row: p => FormattableString.Invariant($"{p.N},{p.D},{p.Loss},{(row++ % 6 < 3 ? "early" : "late")}")));
    }
}
