using Harness.Core.Runs;

namespace Harness.Execution.Status;

/// <summary>One run as it stands now.</summary>
public sealed record RunStanding
{
    /// <summary>The run.</summary>
    public required PlannedRun Run { get; init; }

    /// <summary>Where it stands.</summary>
    public required RunState State { get; init; }

    /// <summary>Why its last attempt ended without a result; null if it is running, has a result or was never begun.</summary>
    public FailureCause? Cause { get; init; }

    /// <summary>What happened or is happening, for people: the failure's message, or why a running run waits. Text from outside; escape it.</summary>
    public string? Message { get; init; }

    /// <summary>Whether it can't be begun yet, because the run that it branches off is not that far; <see cref="Remark"/> names it.</summary>
    public bool Waits { get; init; }

    /// <summary>What its trunk has to do with how it is executed, for people: what it waits for, or why it is trained from its start; null where nothing is to be said.</summary>
    public string? Remark { get; init; }

    /// <summary>Attempts begun so far.</summary>
    public required int Attempts { get; init; }

    /// <summary>How far it is; null unless it is running and has said so.</summary>
    public RunProgress? Progress { get; init; }

    /// <summary>Its measurements; null without a result.</summary>
    public RunResult? Result { get; init; }

    /// <summary>Log of its last attempt (JSON lines); null if it was never begun.</summary>
    public string? LogPath { get; init; }

    /// <summary>Who has it, such as <c>host ada, process 4711, cuda:0</c>; null unless it is running.</summary>
    public string? Worker { get; init; }

    /// <summary>Runs that it trains together with, itself included; null unless it is running and that was a question.</summary>
    public IReadOnlyList<RunId>? Stack { get; init; }

    /// <summary>The figures or the request behind <see cref="Stack"/>; null where that is.</summary>
    public string? StackReason { get; init; }

    /// <summary>Seconds until its end at its present speed; null where that can't be told.</summary>
    public double? SecondsLeft { get; init; }

    /// <summary>Whether nothing more will happen to it by itself.</summary>
    public bool IsFinal => State is RunState.Done or RunState.Diverged or RunState.Failed;
}
