using Harness.Scaling;

namespace Harness.Cli.Fitting;

/// <summary>Says how the variables of a fit were counted: the user's columns, and what C = 6ND filled in.</summary>
internal static class Conventions
{
    public static Dictionary<string, string> Of(IReadOnlyDictionary<string, string> columns, Law? law)
    {
        Dictionary<string, string> conventions = new(StringComparer.Ordinal);
        IEnumerable<string> used = law is null ? ["n", "d", "c", "loss"] : [.. law.Variables, law.Target];
        foreach (string variable in used.Concat(columns.Keys).Distinct(StringComparer.Ordinal))
        {
            string? meaning = columns.TryGetValue(variable, out string? column) ? column + Counted(column) : Derived(variable, columns);
            if (meaning is not null)
            {
                conventions[variable] = meaning;
            }
        }

        return conventions;
    }

    private static string? Derived(string variable, IReadOnlyDictionary<string, string> columns) => variable switch
    {
        "c" => "6*n*d",
        "n" => "c/(6*d)",
        "d" => "c/(6*n)",
        "m" => columns.ContainsKey("n") && columns.ContainsKey("d") ? "d/n" : columns.ContainsKey("n") ? "c/(6*n^2)" : "6*d^2/c",
        _ => null,
    };

    private static string Counted(string column) => column switch
    {
        "non_embedding_params" => " (Kaplan's count: without embeddings and head)",
        "total_params" => " (Hoffmann's count: everything that is trained)",
        "train_flops" => " (6ND with N without embeddings)",
        "train_flops_total" => " (6ND with N total)",
        "train_flops_kaplan" => " (Kaplan's count with attention)",
        "train_flops_chinchilla" => " (Hoffmann's full count)",
        _ => "",
    };
}
