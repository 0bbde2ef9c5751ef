using Harness.Core;
using Harness.Core.Runs;
using Harness.Execution.Files;

namespace Harness.Execution.Store;

/// <summary>Finds out what a sweep's folder knows, whatever became of its plan.</summary>
internal static class StoreSurvey
{
    /// <summary>See <see cref="RunStore.Survey"/>.</summary>
    public static RunStore? Of(IFileLayer files, string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        folder = Path.GetFullPath(folder);
        var planPath = Path.Combine(folder, "plan.json");
        try
        {
            var plan = PlanFile.Read(files, planPath);
            if (plan.NewerVersion is not null)
            {
                throw new StoreException($"{planPath}: {plan.Reason}, or give the sweep another name.");
            }

            var found = plan.Content?.Planned.ToList() ?? [];
            found.AddRange(LeftBehind(files, folder, found));
            return plan.Missing && found.Count == 0 ? null : new RunStore(files, folder, plan.Content?.Sweep ?? Path.GetFileName(folder), found);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"{e.Message} The results folder must be readable and writable.", e);
        }
    }

    private static IEnumerable<PlannedRun> LeftBehind(IFileLayer files, string folder, List<PlannedRun> planned)
    {
        var known = planned.Select(r => r.Id.Value).ToHashSet(StringComparer.Ordinal);
        var runs = Path.Combine(folder, "runs");
        foreach (var entry in files.List(runs).Where(e => e.Kind == EntryKind.Folder && !known.Contains(e.Name)).OrderBy(e => e.Name, StringComparer.Ordinal))
        {
            var spec = SealedJson.Open(files, Path.Combine(runs, entry.Name, "spec.json"), CoreJson.Default.PlannedRun).Content;
            if (spec is not null && spec.Id.Value == entry.Name)
            {
                yield return spec;
            }
        }
    }
}
