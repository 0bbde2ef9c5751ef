using Harness.Core.Runs;
using Harness.Execution.Attempts;
using Harness.Execution.Claims;
using Harness.Execution.Files;

namespace Harness.Execution.Store;

/// <summary>The training curve of a finished run as it lies on the disk, held against what the run said it wrote.</summary>
internal static class StoredCurve
{
    /// <summary>What is wrong with it, with the path and what to do; null if it is whole.</summary>
    public static string? Damage(IFileLayer files, string path, Outcome finished)
    {
        try
        {
            foreach (var _ in Rows(files, path, finished))
            {
                // Reading it to its end is the check.
            }

            return null;
        }
        catch (StoreException e)
        {
            return e.Message;
        }
    }

    /// <summary>Its rows in order.</summary>
    /// <exception cref="StoreException">A row is damaged, or there are not as many as the run wrote; thrown where the reading comes to it.</exception>
    public static IEnumerable<MetricRow> Rows(IFileLayer files, string path, Outcome finished)
    {
        var rows = 0L;
        using var row = MetricsFile.Read(files, path).GetEnumerator();
        while (true)
        {
            try
            {
                if (!row.MoveNext())
                {
                    break;
                }
            }
            catch (Exception e) when (e is IOException or InvalidDataException)
            {
                throw new StoreException($"{e.Message} Delete the run's folder to train it again.", e);
            }

            rows++;
            yield return row.Current;
        }

        if (rows != finished.MetricRows)
        {
            throw new StoreException($"{path}: {rows} rows where the run wrote {finished.MetricRows}. Delete the run's folder to train it again.");
        }
    }
}
