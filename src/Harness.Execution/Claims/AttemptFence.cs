using System.Globalization;
using System.Text;
using Harness.Execution.Attempts;
using Harness.Execution.Files;
using Harness.Execution.Workers;

namespace Harness.Execution.Claims;

/// <summary>Ends attempts of the dead, so that nothing they might still do counts.</summary>
internal sealed class AttemptFence(IFileLayer files, WorkerScratch scratch, TimeProvider time)
{
    /// <summary>Declares an attempt dead, unless it ended by itself a moment ago, and removes its leftovers.</summary>
    public void End(AttemptFolder attempt, Claim? claim, Death death)
    {
        var outcome = new Outcome
        {
            Attempt = attempt.Number,
            Token = claim?.Token ?? "",
            Cause = death.Cause,
            Message = death.Message,
            Together = attempt.ReadStack().Content?.Members.Count is > 1 and var members ? Math.Max(members, death.Together ?? 0) : death.Together,
            Progressed = attempt.HasCheckpoints,
            DiedLoadingStep = StepBeingLoaded(attempt),
            EndedAt = time.GetUtcNow(),
        };
        try
        {
            AttemptEnding.TryEnd(files, scratch, attempt, outcome);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return; // A full disk, no permission, or the folder was just removed: it stays as it is, and the next look tries again.
        }

        attempt.RemoveLeftovers();
    }

    private long? StepBeingLoaded(AttemptFolder attempt)
    {
        try
        {
            using var stream = files.OpenRead(attempt.LoadingPath);
            using var reader = new StreamReader(stream, Encoding.ASCII);
            return long.TryParse(reader.ReadToEnd(), NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? step : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
