using System.Text.Json;
using Harness.Core;
using Harness.Core.Runs;
using Harness.Execution.Attempts;
using Harness.Execution.Files;
using Harness.Execution.Store;

namespace Harness.Execution.Claims;

/// <summary>What one look at a run's folder shows.</summary>
internal sealed record RunLook
{
    /// <summary>Its result, verified; null without one.</summary>
    public RunResult? Result { get; init; }

    /// <summary>The outcome that holds the result.</summary>
    public Outcome? Finished { get; init; }

    /// <summary>What is wrong with its stored result, if something is.</summary>
    public string? ResultDamage { get; init; }

    /// <summary>
    /// Why nothing can be told of the run: a link in its folder's place, no permission, an I/O error. Nothing else is known then, and nobody may work on it.
    /// </summary>
    public string? Unusable { get; init; }

    /// <summary>All attempts, by number.</summary>
    public IReadOnlyList<AttemptFolder> Attempts { get; init; } = [];

    /// <summary>Number for the next attempt.</summary>
    public int NextAttempt { get; init; } = 1;

    /// <summary>How the attempts ended that count against budgets, in order; complete only if there is no result.</summary>
    public IReadOnlyList<Outcome> Outcomes { get; init; } = [];

    /// <summary>An attempt that finished although the run has no (good) result.json yet.</summary>
    public AttemptFolder? Unpublished { get; init; }

    /// <summary>The attempt that has not ended, if there is one.</summary>
    public AttemptFolder? Open { get; init; }

    /// <summary>Who has the open attempt; null if its claim can't be read.</summary>
    public Claim? Claim { get; init; }

    /// <summary>Last sign of life of the open attempt.</summary>
    public Heartbeat? Heartbeat { get; init; }

    /// <summary>The last attempt, if there is one.</summary>
    public AttemptFolder? Last => Attempts.Count > 0 ? Attempts[^1] : null;

    /// <summary>Looks at a run.</summary>
    /// <exception cref="StoreException">A newer harness wrote its result.</exception>
    public static RunLook At(IFileLayer files, RunFolder folder)
    {
        try
        {
            return At(files, folder, folder.List());
        }
        catch (IOException e)
        {
            return new RunLook { Unusable = e.Message };
        }
        catch (UnauthorizedAccessException e)
        {
            return new RunLook { Unusable = $"{e.Message} Give this user permission to read and write the run's folder." };
        }
    }

    private static RunLook At(IFileLayer files, RunFolder folder, RunEntries entries)
    {
        var attempts = entries.Attempts.Select(folder.Attempt).ToList();
        string? damage = null;
        if (entries.HasResult)
        {
            var stored = folder.ReadResult();
            if (stored.NewerVersion is not null)
            {
                throw new StoreException($"{folder.ResultPath}: {stored.Reason}.");
            }

            if (ResultOf(stored.Content, folder.Id) is { } result)
            {
                return new RunLook { Result = result, Finished = stored.Content, Attempts = attempts, NextAttempt = entries.Next };
            }

            damage = stored.Missing ? null : $"{folder.ResultPath}: {stored.Damage ?? "it holds no result of this run"}";
        }

        var outcomes = new List<Outcome>();
        AttemptFolder? open = null;
        AttemptFolder? unpublished = null;
        foreach (var attempt in attempts)
        {
            var read = attempt.ReadOutcome();
            if (read.Content is { Result: not null } finished && ResultOf(finished, folder.Id) is not null)
            {
                unpublished = attempt;
            }
            else if (read.Content is { Cause: not null } ended)
            {
                outcomes.Add(ended);
            }
            else if (read.Missing && attempt == attempts[^1])
            {
                open = attempt;
            }
            else
            {
                outcomes.Add(Unreadable(attempt, read.Reason));
            }
        }

        // An attempt that finished decides, also before (or without) its second name: the run is done, whoever links it.
        var finishedOutcome = damage is null ? unpublished?.ReadOutcome().Content : null;
        return new RunLook
        {
            Result = ResultOf(finishedOutcome, folder.Id),
            Finished = finishedOutcome,
            ResultDamage = damage,
            Attempts = attempts,
            NextAttempt = entries.Next,
            Outcomes = [.. outcomes.Where(o => o.Attempt > entries.Pardoned)],
            Unpublished = unpublished,
            Open = open,
            Claim = open?.ReadClaim().Content,
            Heartbeat = open is null ? null : Heartbeat.Read(files, open.HeartbeatPath),
        };
    }

    /// <summary>The result in an outcome, if it is one of that run.</summary>
    private static RunResult? ResultOf(Outcome? outcome, RunId id)
    {
        if (outcome?.Result is not { } json)
        {
            return null;
        }

        var result = json.Deserialize(CoreJson.Default.RunResult);
        return result?.Id == id ? result : null;
    }

    /// <summary>Stands in for an outcome that can't be read: the attempt is over, that is all that is known.</summary>
    private static Outcome Unreadable(AttemptFolder attempt, string reason) => new()
    {
        Attempt = attempt.Number,
        Token = "",
        Cause = FailureCause.Killed,
        Message = $"{attempt.OutcomePath}: {reason}; the attempt does not count",
        Progressed = true,
        EndedAt = DateTimeOffset.UnixEpoch,
    };
}
