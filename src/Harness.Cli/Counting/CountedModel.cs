using Harness.Cli.Fitting;
using Harness.Core.Models;
using Harness.Reporting.Tables.Selection;

namespace Harness.Cli.Counting;

/// <summary>A model's shape with its counts.</summary>
/// <param name="Name">File and line, or <c>model</c>.</param>
/// <param name="Spec">The shape.</param>
/// <param name="GivenN">Parameters that the table itself names; null for the total count.</param>
internal sealed record CountedModel(string Name, ModelSpec Spec, double? GivenN)
{
    private static readonly string[] Needed = ["n_layer", "d_model", "n_head", "context_length", "vocab_size"];
    private static readonly string[] Known = [.. Needed, "d_ff", "n"];

    public ParameterCounts Counts { get; } = ParameterCounts.Of(Spec);

    public FlopsPerToken Flops { get; } = FlopsPerToken.Of(Spec);

    /// <summary>The full count over 6N, a token.</summary>
    public double Ratio => Flops.Chinchilla / SixN;

    /// <summary>FLOPs a trained token of the blocks alone: the full count less appendix F's embedding and logit terms, each 2 n_vocab d_model forward and twice that backward.</summary>
    public double Blocks => Flops.Chinchilla - (3 * (2.0 + 2.0) * Spec.VocabularySize * Spec.ModelDim);

    /// <summary>The blocks' count over 6N, as table A4 of Hoffmann et al. (2203.15556) prints it.</summary>
    public double BlocksRatio => Blocks / SixN;

    private double SixN => 6 * (GivenN ?? Counts.Total);

    public static IReadOnlyList<CountedModel> FromTable(string path, IReadOnlyDictionary<string, string> columns, ModelFamily family)
    {
        Check(columns.Keys);
        PointsTable table = PointsReader.Read(new PointsQuery { Files = [path], Columns = columns, Needed = Needed, Optional = ["d_ff"], Positive = Known, Duplicates = DuplicateRows.Keep });
        return [.. Enumerable.Range(0, table.Points.Count).Select(i => Of(
            table.Points.RowIds[i], name => table.Points.TryColumn(name, out double[]? values) ? values[i] : null, columns.ContainsKey("n"), family))];
    }

    public static CountedModel FromNumbers(IReadOnlyDictionary<string, string> columns, ModelFamily family)
    {
        Check(columns.Keys);
        string[] missing = [.. Needed.Except(columns.Keys)];
        return missing.Length > 0
            ? throw new UserMistakeException($"--var {missing[0]}=: no value and no table was given; {string.Join(", ", Needed)} are needed; name a table, or give {string.Join(" ", missing.Select(m => $"--var {m}=X"))}.")
            : Of("model", name => columns.TryGetValue(name, out string? text) ? Value.Positive($"--var {name}", text) : null, columns.ContainsKey("n"), family);
    }

    private static CountedModel Of(string name, Func<string, double?> value, bool givenN, ModelFamily family)
    {
        int Whole(string variable)
        {
            double number = value(variable)!.Value;
            return number == Math.Floor(number) && number <= int.MaxValue
                ? (int)number
                : throw new UserMistakeException(FormattableString.Invariant($"{name}: {variable}: {number} is no count; a whole number is needed; correct it."));
        }

        int width = Whole("d_model");
        return new CountedModel(
            name,
            family.Model(Whole("n_layer"), width, Whole("n_head"), Whole("context_length"), Whole("vocab_size")) with
            {
                FeedForwardDim = value("d_ff") is null ? ModelFamily.DefaultFeedForwardDim(family.Activation, width) : Whole("d_ff"),
            },
            givenN ? value("n") : null);
    }

    private static void Check(IEnumerable<string> names)
    {
        if (names.Except(Known).FirstOrDefault() is { } odd)
        {
            throw new UserMistakeException($"--var: a count has no '{odd}'; it has {string.Join(", ", Known[..^1])}; use these names.");
        }
    }
}
