namespace Harness.Sweeps.Resolving;

/// <summary>A name that expressions can use besides the keys.</summary>
/// <param name="Name">The name.</param>
/// <param name="Doc">What it is, with its unit.</param>
public sealed record DerivedName(string Name, string Doc);

/// <summary>The derived names, in the order of the reference.</summary>
public static class DerivedNames
{
    /// <summary>Every derived name.</summary>
    public static IReadOnlyList<DerivedName> All { get; } =
    [
        new("non_embedding_params", "parameters without embeddings and head (Kaplan's N)"),
        new("embedding_params", "parameters of token and position embeddings"),
        new("total_params", "all parameters (Hoffmann's N)"),
        new("flops_per_token", "6 N, N non-embedding, in FLOPs"),
        new("flops_per_token_total", "6 N, N total, in FLOPs"),
        new("flops_per_token_kaplan", "with Kaplan's attention term, in FLOPs"),
        new("flops_per_token_chinchilla", "Hoffmann's full count, in FLOPs"),
        new("train_flops", "6 N D of the run, N non-embedding, in FLOPs"),
        new("data_tokens", "training tokens that there are before one repeats"),
        new("budget", "the compute budget of an isoflop run, in FLOPs"),
    ];
}
