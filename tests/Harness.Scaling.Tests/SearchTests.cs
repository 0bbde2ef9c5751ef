using System.Globalization;
using Xunit.Abstractions;

namespace Harness.Scaling.Tests;

/// <summary>The search stops early where a start leads nowhere; these hold it to descents that never stop early. Many truths of every law with HARNESS_LONG_TESTS=1.</summary>
public sealed class SearchTests(ITestOutputHelper output)
{
    public static TheoryData<string, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, int>();
            if (!LongTests.Wanted)
            {
                cases.Add("bnsl-2", 1);
                cases.Add("bnsl-3", 2);
                cases.Add("chinchilla", 3);
                cases.Add("moe-routing", 4);
                return cases;
            }

            foreach (string name in LawCatalog.Laws.Select(l => l.Name))
            {
                for (int seed = 0; seed < 5; seed++)
                {
                    cases.Add(name, seed);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Search_ends_no_higher_than_a_full_descent_from_every_start_it_chose(string name, int seed)
    {
        Truth truth = Truths.Of(name).Moved(seed);
        Points points = truth.Noisy(name.StartsWith("bnsl", StringComparison.Ordinal) || name == "precision" ? 0.001 : 0.005, seed, truth.Law is not Vocabulary);
        FitContext context = FitContext.For(points, truth.Law, truth.Law.DefaultObjective, new FitOptions());
        int descents = LawFit.DescentsFor(context);
        var space = new Workspace(context.Model.Count, context.Model.Dimension);
        double[] ends = [.. context.Search.Chosen(context.Problem, descents, [], 2).Select(start => LocalSolver.Descend(context.Problem, start, space).Value)];
        SearchOutcome found = context.Search.Run(context.Problem, descents, [], 2);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name} {seed}: full {ends.Min():G12} ({ends.Count(e => SearchOutcome.IsSame(e, ends.Min()))} of {ends.Length}), found {found.Best.Value:G12} ({found.AtOptimum} of {found.Ends.Count})"));
        Assert.True(found.Best.Stationary);
        Assert.True(found.Best.Value <= ends.Min() * (1 + 1e-8), string.Create(CultureInfo.InvariantCulture, $"{found.Best.Value:G12} against {ends.Min():G12}"));
    }

    [Fact]
    public void Breaks_are_reported_in_ascending_order_whichever_way_the_search_went_and_the_curve_is_the_same()
    {
        var law = new BrokenPowerLaw(3);
        double[] ordered = Truths.Of("bnsl-3").Parameters, mixed = [.. ordered[..3], .. ordered[9..], .. ordered[3..9]];
        Assert.Equal(ordered, law.Canonical(mixed));
        foreach (double x in Truths.Space(1e2, 1e14, 9))
        {
            Assert.Equal(law.Evaluate(ordered, [x]), law.Evaluate(mixed, [x]), 1e-12);
        }

        for (int seed = 0; seed < 6; seed++)
        {
            FitResult fit = Fitter.Fit(Truths.Of("bnsl-3").Moved(seed).Noisy(0.001, seed), "bnsl-3", new FitOptions { Bootstrap = new() { Resamples = 20 } });
            Assert.All(fit.Resamples.Append(fit.ParameterValues), p => Assert.True(p[4] <= p[7] && p[7] <= p[10]));
        }
    }

    [Fact]
    public void Search_is_the_same_on_any_number_of_threads()
    {
        Points points = Truths.Of("bnsl-2").Moved(7).Noisy(0.001, 7);
        FitResult one = Fitter.Fit(points, "bnsl-2", new FitOptions { Threads = 1 }), three = Fitter.Fit(points, "bnsl-2", new FitOptions { Threads = 3 });
        Assert.Equal(one.ParameterValues, three.ParameterValues);
        Assert.Equal(one.StartsAtOptimum, three.StartsAtOptimum);
    }
}
