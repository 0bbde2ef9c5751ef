using Harness.Core.Runs;

namespace Harness.Execution.Claims;

/// <summary>How often a run is tried again after each cause. What is not named here uses no budget (preempted, disk full) or has none (user error, bug, damaged checkpoints).</summary>
public sealed record RetryBudget
{
    /// <summary>Deaths in a row without a new checkpoint before the run counts as failed; 3 retries by default.</summary>
    public int Killed { get; init; } = 3;

    /// <summary>Halvings of the micro-batch; 3 by default.</summary>
    public int OutOfMemory { get; init; } = 3;

    /// <summary>Devices that may fail under the run; 3 by default.</summary>
    public int DeviceFault { get; init; } = 3;

    /// <summary>Deaths while loading the same checkpoint after which the one before it is taken; 2 by default.</summary>
    public int LoadingDeaths { get; init; } = 2;

    /// <summary>What is to be done after these attempts, in their order.</summary>
    internal Verdict Judge(IReadOnlyList<Outcome> outcomes, int batchSequences, int? microBatchSequences)
    {
        if (outcomes.Count == 0)
        {
            return new Verdict(CanGoOn: true, microBatchSequences, new HashSet<long>(), null);
        }

        var last = outcomes[^1];
        var memory = outcomes.Count(o => o is { Cause: FailureCause.OutOfMemory, Together: null }); // a stack is halved first, the micro-batch only alone
        var microBatch = memory == 0 ? microBatchSequences : Halved(microBatchSequences ?? batchSequences, memory);
        var banned = outcomes
            .Where(o => o is { Cause: FailureCause.Killed, DiedLoadingStep: not null })
            .GroupBy(o => o.DiedLoadingStep!.Value)
            .Where(g => g.Count() >= LoadingDeaths)
            .Select(g => g.Key)
            .ToHashSet();
        var goesOn = last.Cause switch
        {
            FailureCause.Preempted or FailureCause.DiskFull => true,
            FailureCause.OutOfMemory or FailureCause.Bug or FailureCause.UserError when last.Together is not null => true, // in a smaller stack, or alone
            FailureCause.Killed => DeathsInARow(outcomes) <= Killed,
            FailureCause.OutOfMemory => memory <= OutOfMemory && Halved(microBatchSequences ?? batchSequences, memory - 1) > 1,
            FailureCause.DeviceFault => outcomes.Count(o => o.Cause == FailureCause.DeviceFault) <= DeviceFault,
            _ => false,
        };
        return new Verdict(goesOn, microBatch, banned, MostTogether(outcomes));
    }

    /// <summary>
    /// How many may share the next attempt: half as many after a stack ran out of memory or died without getting further (the kernel kills without a word when memory is
    /// short), none after a defect, so that the one to blame shows. Null without a limit.
    /// </summary>
    private static int? MostTogether(IReadOnlyList<Outcome> outcomes)
    {
        int? most = null;
        foreach (var outcome in outcomes.Where(o => o.Together is not null))
        {
            most = outcome switch
            {
                { Cause: FailureCause.OutOfMemory } or { Cause: FailureCause.Killed, Progressed: false } => Math.Max(1, Math.Min(most ?? int.MaxValue, outcome.Together!.Value / 2)),
                { Cause: FailureCause.Bug or FailureCause.UserError } => 1,
                _ => most,
            };
        }

        return most;
    }

    /// <summary>Deaths at the end of the list that brought the run no further; others' ends in between don't matter.</summary>
    private static int DeathsInARow(IReadOnlyList<Outcome> outcomes)
    {
        var deaths = 0;
        for (var i = outcomes.Count - 1; i >= 0; i--)
        {
            if (outcomes[i].Progressed)
            {
                return Math.Max(deaths, i == outcomes.Count - 1 ? 1 : 0);
            }

            deaths += outcomes[i].Cause == FailureCause.Killed ? 1 : 0;
        }

        return deaths;
    }

    private static int Halved(int sequences, int times) => Math.Max(1, sequences >> Math.Min(times, 30));
}

/// <summary>What is to be done with a run that has no result.</summary>
/// <param name="CanGoOn">Whether another attempt is made.</param>
/// <param name="MicroBatchSequences">Its micro-batch; null leaves that to the trainer.</param>
/// <param name="BannedSteps">Checkpoints to be passed over.</param>
/// <param name="MostTogether">Largest stack that may take it; null without a limit.</param>
internal sealed record Verdict(bool CanGoOn, int? MicroBatchSequences, IReadOnlySet<long> BannedSteps, int? MostTogether);
