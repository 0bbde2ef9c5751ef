using Harness.Core.Runs;
using Harness.Execution;
using Harness.Execution.Claims;
using Harness.Execution.Status;
using Harness.Execution.Store;
using Harness.Sweeps.Planning;

namespace Harness.Cli.Planning;

/// <summary>What the store of an earlier start knows, in the words that a plan compares with.</summary>
internal static class StoredRuns
{
    /// <summary>The store's runs by id; empty where the sweep was never run.</summary>
    /// <exception cref="UserMistakeException">There is a store, and a newer harness wrote it or it may not be read.</exception>
    public static IReadOnlyDictionary<RunId, StoredRun> In(string folder)
    {
        try
        {
            return RunStore.Survey(folder) is { } store
                ? new StatusReader(store, new RetryBudget()).Read().ToDictionary(s => s.Run.Id, s => new StoredRun(State(s), s.Run.Name, s.Run.Spec))
                : new Dictionary<RunId, StoredRun>();
        }
        catch (StoreException e)
        {
            throw new UserMistakeException(e.Message, e);
        }
    }

    private static StoredState State(Execution.Status.RunStanding standing) => standing.State switch
    {
        RunState.Done or RunState.Diverged => StoredState.Done,
        RunState.Running or RunState.Interrupted => StoredState.Started,
        _ => StoredState.Waiting,
    };
}
