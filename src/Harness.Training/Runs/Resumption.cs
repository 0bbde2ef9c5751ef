using System.Globalization;
using Harness.Core.Runs;
using Harness.Training.Checkpoints;
using Harness.Training.Steps;

namespace Harness.Training.Runs;

/// <summary>Where an attempt goes on.</summary>
internal static class Resumption
{
    /// <summary>Loads the newest checkpoint that can be used, a trunk's among them, into a lane; null where there is none, or only a trunk's that can't be.</summary>
    /// <exception cref="RunFailedException">There are checkpoints and none can be used.</exception>
    public static TrainingProgress? Load(IRunSession session, IRunLane lane, RunId id, long steps)
    {
        var refusals = new List<string>();
        foreach (var stored in session.Checkpoints.Newest())
        {
            try
            {
                using var stream = stored.Open();
                var progress = CheckpointFile.Read(stream, stored.Length, lane, stored.Trunk ?? id);
                progress = stored.Trunk is { } trunk ? progress.BranchedOff(trunk) : progress;
                session.Log(string.Create(CultureInfo.InvariantCulture, $"resumed after step {progress.Step} of {steps}"));
                return progress;
            }
            catch (CheckpointException e) when (stored.Trunk is { } trunk && refusals.Count == 0)
            {
                session.Log(string.Create(CultureInfo.InvariantCulture, $"the checkpoint of step {stored.Step} of its trunk {trunk} can't be used: {e.Message} Training from the start."));
            }
            catch (CheckpointException e)
            {
                refusals.Add(string.Create(CultureInfo.InvariantCulture, $"checkpoint of step {stored.Step}: {e.Message}"));
                session.Log(refusals[^1]);
            }
        }

        if (refusals.Count > 0)
        {
            throw new RunFailedException(FailureCause.CheckpointsDamaged,
                "no stored checkpoint can be used, and starting over would hide that. Move them away to begin again. " + string.Join(" ", refusals));
        }

        return null;
    }
}
