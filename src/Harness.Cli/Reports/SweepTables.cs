using Harness.Core.Data;
using Harness.Core.Runs;
using Harness.Execution.Claims;
using Harness.Execution.Status;
using Harness.Execution.Store;
using Harness.Reporting.Runs;

namespace Harness.Cli.Reports;

/// <summary>The tables of a sweep, written from its store: runs.csv with a row a finished run, curves.csv with their training curves.</summary>
internal static class SweepTables
{
    /// <summary>Writes both tables into the store's folder.</summary>
    /// <param name="store">The sweep.</param>
    /// <param name="catalog">Tells how much data a source has.</param>
    /// <param name="leftOut">Told of each curve that is damaged and left out of curves.csv.</param>
    /// <returns>How many runs have a loss that fits can use.</returns>
    public static int Write(RunStore store, IDataCatalog catalog, Action<string> leftOut)
    {
        var available = new Dictionary<DataSpec, long?>();
        long? AvailableTo(PlannedRun run) =>
            available.TryGetValue(run.Spec.Data, out var known) ? known : available[run.Spec.Data] = Available(run, catalog);
        var sharesTrunks = store.Runs.Any(r => r.Branch is not null);
        var rows = new List<RunRow>();
        foreach (var standing in new StatusReader(store, new RetryBudget()).Read())
        {
            if (standing.Result is { } result)
            {
                rows.Add(RunRow.Of(standing.Run, result, standing.Attempts, AvailableTo(standing.Run), sharesTrunks));
            }
            else if (standing.State == RunState.Failed)
            {
                rows.Add(RunRow.OfFailed(standing.Run, standing.Cause ?? FailureCause.Bug, standing.Attempts, AvailableTo(standing.Run)));
            }
        }

        RunsTable.Write(Path.Combine(store.Folder, "runs.csv"), rows);
        CurvesTable.Write(Path.Combine(store.Folder, "curves.csv"), store.Curves(leftOut).Select(c => new CurveRow(c.Run.Id.Value, c.Run.Name, c.Row)));
        return rows.Count(r => r.IsCompleted);
    }

    private static long? Available(PlannedRun run, IDataCatalog catalog)
    {
        if (run.Spec.Synthetic is not null)
        {
            return null;
        }

        try
        {
            return catalog.Describe(run.Spec.Data).TrainTokens;
        }
        catch (DataUnavailableException)
        {
            return null; // the corpus is gone; what was measured stays
        }
    }
}
