using System.Globalization;
using Harness.Core.Runs;
using Harness.Core.Training;
using Harness.Sweeps.Resolving;

namespace Harness.Sweeps.Planning;

/// <summary>Offers shared trunks where they would save something, and says so where they were asked for and save nothing.</summary>
internal static class TrunkNotes
{
    public static IEnumerable<string> Of(bool asked, List<PlannedRun> planned, Dictionary<RunId, BuiltRun> built)
    {
        if (asked)
        {
            if (planned.TrueForAll(r => r.Branch is null))
            {
                yield return "execution.share_trunk: no two runs differ in their budget and cooldown only, so none branches off another.";
            }
        }
        else if (planned.TrueForAll(r => r.Spec.Training.Schedule is WarmupStableDecaySchedule))
        {
            var possible = new TrunkFinder(new ProblemList()).Find([.. planned.Select(r => (r.Id, built[r.Id]))]);
            if (TrunkSavings.Of(planned.ConvertAll(r => r with { Branch = possible.GetValueOrDefault(r.Id) })) is { } savings)
            {
                yield return string.Create(CultureInfo.InvariantCulture,
                    $"execution.share_trunk: true would let {savings.Branches} of {planned.Count} runs branch off the longest of their family and save {100 * savings.Flops / savings.FlopsAlone:F1} % of the FLOPs; results and ids stay the same.");
            }
        }
    }
}
