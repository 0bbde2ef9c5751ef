using Harness.Scaling;
using SweepFitRequest = Harness.Sweeps.Requests.FitRequest;

namespace Harness.Cli.Reports;

/// <summary>
/// The same laws under the other ways in which papers count N and C. An exponent moves with the count (Porian et al. 2024, arXiv 2406.19146; Pearce and Song 2024, arXiv 2406.12907),
/// so a report shows it under each.
/// </summary>
internal static class OtherCounts
{
    /// <summary>Pairs that belong together: 6ND without embeddings, Kaplan's with attention, Hoffmann's 6ND and Hoffmann's in full.</summary>
    private static readonly (string N, string C)[] Pairs =
    [
        ("non_embedding_params", "train_flops"),
        ("non_embedding_params", "train_flops_kaplan"),
        ("total_params", "train_flops_total"),
        ("total_params", "train_flops_chinchilla"),
    ];

    /// <summary>One request a pair, with the laws whose numbers the pair changes; none where the request counts in columns of its own, and no law twice under equal columns.</summary>
    public static IEnumerable<SweepFitRequest> Of(SweepFitRequest request)
    {
        if (!Pairs.Any(p => p.N == request.N) || !Pairs.Any(p => p.C == request.C))
        {
            yield break;
        }

        HashSet<(string, string?, string?)> seen = [.. request.Laws.Select(l => Counted(l, request.N, request.C))];
        foreach (var (n, c) in Pairs)
        {
            List<string> laws = [.. request.Laws.Where(l => seen.Add(Counted(l, n, c)))];
            if (laws.Count > 0)
            {
                yield return request with { Laws = laws, N = n, C = c, Bootstrap = null };
            }
        }
    }

    private static (string Law, string? N, string? C) Counted(string law, string n, string c)
    {
        IReadOnlyList<string> read = LawCatalog.Laws.FirstOrDefault(l => l.Name == law)?.Variables ?? ["n", "c"]; // isoflop and envelope are no single law
        return (law, read.Contains("n") ? n : null, read.Contains("c") ? c : null);
    }
}
