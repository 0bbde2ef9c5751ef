using Harness.Execution.Attempts;
using Harness.Execution.Files;
using Harness.Execution.Store;
using Harness.Execution.Workers;

namespace Harness.Execution.Claims;

/// <summary>Writes the outcome of an attempt: one writer wins, for good.</summary>
internal static class AttemptEnding
{
    /// <summary>Ends an attempt; false if it had ended already, with another outcome.</summary>
    public static bool TryEnd(IFileLayer files, WorkerScratch scratch, AttemptFolder attempt, Outcome outcome)
    {
        var temporary = scratch.NewName();
        try
        {
            using (var stream = files.CreateNew(temporary))
            {
                stream.Write(SealedJson.Seal(outcome, ExecutionJson.Default.Outcome));
                files.Sync(stream);
            }

            // A network file system may do the link and lose the answer, so that the second try finds the name taken: by us.
            var won = files.TryLink(temporary, attempt.OutcomePath) || attempt.ReadOutcome().Content?.Writer == outcome.Writer;
            files.SyncFolder(attempt.Path);
            return won;
        }
        finally
        {
            files.Delete(temporary);
        }
    }

    /// <summary>
    /// Gives the outcome of the finished attempt its second name, <c>result.json</c>. Anyone may do it, any number of times: only one attempt
    /// can have finished.
    /// </summary>
    public static void Publish(IFileLayer files, RunFolder run, AttemptFolder finished)
    {
        files.TryLink(finished.OutcomePath, run.ResultPath);
        files.SyncFolder(run.Path);
    }
}
