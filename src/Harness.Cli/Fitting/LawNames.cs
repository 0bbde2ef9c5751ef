using Harness.Reporting.Tables;
using Harness.Scaling;

namespace Harness.Cli.Fitting;

/// <summary>Checks the names that users give to laws and parameters.</summary>
internal static class LawNames
{
    public static void Check(IEnumerable<string> laws)
    {
        foreach (string law in laws)
        {
            try
            {
                Find(law);
            }
            catch (FitRefusedException)
            {
                throw new UserMistakeException($"--law: there is no law '{law}'; {NearestNames.Advice(law, [.. LawCatalog.Names])} (harness fit --list-laws tells them all).");
            }
        }
    }

    /// <summary>The law of this name; null for the procedures over budgets, which are none.</summary>
    public static Law? Find(string name) => name is LawCatalog.IsoFlopName or LawCatalog.EnvelopeName ? null : LawCatalog.Find(name);

    /// <summary>The law of this name; procedures have none.</summary>
    public static Law Joint(string name) =>
        Find(name)
        ?? throw new UserMistakeException($"--at: {name} is a procedure over budgets and cannot be evaluated at given parameters; name a law such as chinchilla.");

    /// <summary>Published constants by name.</summary>
    public static Preset Published(string name) =>
        Presets.All.FirstOrDefault(p => p.Name == name)
        ?? throw new UserMistakeException($"--preset: there are no published constants '{name}'; {NearestNames.Advice(name, [.. Presets.All.Select(p => p.Name)])} (harness fit --list-laws tells them all).");

    /// <summary>All parameters of a law, in its order, from names and values.</summary>
    public static double[] Values(Law law, IReadOnlyDictionary<string, double> given)
    {
        foreach (string name in given.Keys)
        {
            if (!law.Parameters.Any(p => p.Name == name))
            {
                throw new UserMistakeException($"--at: {law.Name} has no parameter '{name}'; it has {string.Join(", ", law.Parameters.Select(p => p.Name))}; use these names.");
            }
        }

        return [.. law.Parameters.Select(p => given.TryGetValue(p.Name, out double value)
            ? value
            : throw new UserMistakeException($"--at: {law.Name} needs a value for {p.Name}; all of {string.Join(", ", law.Parameters.Select(q => q.Name))} are needed; give it."))];
    }
}
