using System.Globalization;
using System.Text;
using Harness.Reporting.Fits;
using Harness.Reporting.Tables;

namespace Harness.Cli.Counting;

/// <summary>Prints counted models.</summary>
internal static class CountText
{
    private static readonly (string Name, Func<CountedModel, double> Value)[] Columns =
    [
        ("n_layer", m => m.Spec.LayerCount),
        ("d_model", m => m.Spec.ModelDim),
        ("n_head", m => m.Spec.HeadCount),
        ("d_ff", m => m.Spec.FeedForwardDim),
        ("context_length", m => m.Spec.ContextLength),
        ("vocab_size", m => m.Spec.VocabularySize),
        ("non_embedding_params", m => m.Counts.NonEmbedding),
        ("total_params", m => m.Counts.Total),
        ("n", m => m.GivenN ?? m.Counts.Total),
        ("flops_per_token_6n", m => 6 * (m.GivenN ?? m.Counts.Total)),
        ("flops_per_token_kaplan", m => m.Flops.Kaplan),
        ("flops_per_token_chinchilla", m => m.Flops.Chinchilla),
        ("flops_per_sequence_chinchilla", m => m.Flops.Chinchilla * m.Spec.ContextLength),
        ("ratio", m => m.Ratio),
        ("ratio_blocks", m => m.BlocksRatio),
    ];

    /// <summary>One line a model, numbers that read back with the same bits.</summary>
    public static string Csv(IEnumerable<CountedModel> models)
    {
        StringBuilder text = new();
        text.Append(string.Join(",", Columns.Select(c => c.Name))).Append('\n');
        foreach (CountedModel model in models)
        {
            text.Append(string.Join(",", Columns.Select(c => Numbers.Exact(c.Value(model))))).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>One block a model.</summary>
    public static string Table(IEnumerable<CountedModel> models)
    {
        StringBuilder text = new();
        foreach (CountedModel m in models)
        {
            text.Append(CultureInfo.InvariantCulture, $"{m.Name}: {m.Spec.LayerCount} layers, width {m.Spec.ModelDim}, {m.Spec.HeadCount} heads, dense {m.Spec.FeedForwardDim}, context {m.Spec.ContextLength}, vocabulary {m.Spec.VocabularySize}\n");
            text.Append(CultureInfo.InvariantCulture, $"  parameters            {m.Counts.NonEmbedding:N0} without embeddings (Kaplan), {m.Counts.Total:N0} in total (Hoffmann){(m.GivenN is { } n ? $", {FitText.Number(n, 9)} in the table" : "")}\n");
            text.Append(CultureInfo.InvariantCulture, $"  FLOPs a trained token {FitText.Number(6 * (m.GivenN ?? m.Counts.Total), 7)} as 6N, {FitText.Number(m.Flops.Kaplan, 7)} with attention (Kaplan), {FitText.Number(m.Flops.Chinchilla, 7)} in full (Hoffmann, appendix F)\n");
            text.Append(CultureInfo.InvariantCulture, $"  full count over 6N    {FitText.Number(m.Ratio, 5)}; {FitText.Number(m.BlocksRatio, 5)} without embeddings and logits (as table A4 of Hoffmann et al. prints it)\n");
        }

        return text.ToString();
    }
}
