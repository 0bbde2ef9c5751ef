using Harness.Core.Runs;
using Harness.Torch;
using Harness.Training.Models;
using Harness.Training.Steps;
using static TorchSharp.torch;

namespace Harness.Training.Checkpoints;

/// <summary>
/// A run's whole state as a safetensors file: each parameter by name, AdamW's moments under <c>adam.mean.</c> and <c>adam.variance.</c>,
/// and <see cref="TrainingProgress"/> as metadata.
/// </summary>
internal static class CheckpointFile
{
    private static readonly string[] Prefixes = ["", "adam.mean.", "adam.variance."];

    /// <summary>Writes the state to a forward-only stream.</summary>
    public static void Write(Stream stream, IRunLane lane, TrainingProgress progress, RunId id, long tokens)
    {
        var layout = lane.Layout;
        new SafetensorsHeader(progress.ToMetadata(id, tokens), [.. Entries(layout)]).Write(stream);
        foreach (var flat in new[] { lane.Weights, lane.FirstMoment, lane.SecondMoment })
        {
            foreach (var slot in layout.Slots)
            {
                using var slice = flat.narrow(0, slot.Offset, slot.Length);
                TorchExtensions.WriteTo(stream, slice);
            }
        }
    }

    /// <summary>Reads a state into fresh tensors, judges it, and only then puts it into the lane.</summary>
    /// <exception cref="CheckpointException">It isn't a whole, finite checkpoint of this run; the lane is as before.</exception>
    public static TrainingProgress Read(Stream stream, long length, IRunLane lane, RunId id)
    {
        var header = SafetensorsHeader.Read(stream, length);
        var progress = TrainingProgress.FromMetadata(header.Metadata, id);
        var layout = lane.Layout;
        RequireSameTensors(header, layout);

        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var fresh = new Tensor[Prefixes.Length];
        for (var i = 0; i < fresh.Length; i++)
        {
            fresh[i] = zeros(layout.Length, dtype: ScalarType.Float32);
            foreach (var slot in layout.Slots)
            {
                using var slice = fresh[i].narrow(0, slot.Offset, slot.Length);
                ReadSlice(stream, slice);
                if (!slice.isfinite().all().item<bool>())
                {
                    throw new CheckpointException($"tensor '{Prefixes[i]}{slot.Name}' has values that are not finite.");
                }
            }
        }

        lane.Weights.copy_(fresh[0]);
        lane.FirstMoment.copy_(fresh[1]);
        lane.SecondMoment.copy_(fresh[2]);
        lane.WeightsChanged();
        return progress;
    }

    private static void ReadSlice(Stream stream, Tensor slice)
    {
        try
        {
            TorchExtensions.ReadFrom(stream, slice);
        }
        catch (EndOfStreamException e)
        {
            throw new CheckpointException("the file ends inside its data.", e);
        }
    }

    private static IEnumerable<SafetensorsEntry> Entries(ParameterLayout layout)
    {
        long offset = 0;
        foreach (var prefix in Prefixes)
        {
            foreach (var slot in layout.Slots)
            {
                var end = checked(offset + 4 * slot.Length);
                yield return new SafetensorsEntry(prefix + slot.Name, slot.Shape, offset, end);
                offset = end;
            }
        }
    }

    private static void RequireSameTensors(SafetensorsHeader header, ParameterLayout layout)
    {
        var expected = Entries(layout).ToList();
        if (header.Entries.Count != expected.Count)
        {
            throw new CheckpointException($"it holds {header.Entries.Count} tensors; this model has {expected.Count}.");
        }

        foreach (var (found, wanted) in header.Entries.Zip(expected))
        {
            if (found.Name != wanted.Name || !found.Shape.SequenceEqual(wanted.Shape))
            {
                throw new CheckpointException(
                    $"it holds '{found.Name}' [{string.Join(", ", found.Shape)}] where this model has '{wanted.Name}' [{string.Join(", ", wanted.Shape)}].");
            }
        }
    }
}
