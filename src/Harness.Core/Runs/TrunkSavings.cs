using Harness.Core.Models;

namespace Harness.Core.Runs;

/// <summary>What a plan saves because runs begin in the middle of others.</summary>
/// <param name="Trunks">Runs that others branch off.</param>
/// <param name="Branches">Runs that begin on a trunk.</param>
/// <param name="Tokens">Training tokens that are not trained again.</param>
/// <param name="TokensAlone">Training tokens of the whole plan if every run were trained from its start.</param>
/// <param name="Flops">Training FLOPs (6ND, N non-embedding) that are not spent.</param>
/// <param name="FlopsAlone">Those of the whole plan if every run were trained from its start.</param>
/// <param name="Seconds">Estimated seconds of work on one worker that are saved; null unless every run has an estimate.</param>
/// <param name="SecondsAlone">Estimated seconds of the whole plan if every run were trained from its start; null unless every run has an estimate.</param>
public sealed record TrunkSavings(int Trunks, int Branches, long Tokens, long TokensAlone, double Flops, double FlopsAlone, double? Seconds, double? SecondsAlone)
{
    /// <summary>The savings of a plan; null if no run of it branches off another.</summary>
    public static TrunkSavings? Of(IReadOnlyCollection<PlannedRun> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var (trunks, branches) = (new HashSet<RunId>(), 0);
        long tokens = 0, tokensAlone = 0;
        double flops = 0, flopsAlone = 0;
        double? seconds = 0, secondsAlone = 0;
        foreach (var run in runs)
        {
            var perToken = FlopsPerToken.Of(run.Spec.Model).SixN;
            var shared = run.SharedTokens;
            tokens = checked(tokens + shared);
            tokensAlone = checked(tokensAlone + run.Spec.Training.Tokens);
            flops += perToken * shared;
            flopsAlone += perToken * run.Spec.Training.Tokens;
            seconds += run.Branch is null ? 0 : run.Estimate?.SharedSeconds;
            secondsAlone += run.Branch is null ? run.Estimate?.Seconds : run.Estimate?.Seconds + run.Estimate?.SharedSeconds;
            if (run.Branch is { } branch)
            {
                trunks.Add(branch.Trunk);
                branches++;
            }
        }

        return branches == 0 ? null : new TrunkSavings(trunks.Count, branches, tokens, tokensAlone, flops, flopsAlone, secondsAlone is null ? null : seconds, secondsAlone);
    }
}
