using System.Globalization;
using Harness.Core.Runs;

namespace Harness.Training.Checkpoints;

/// <summary>Everything a run carries from step to step beside weights and moments. Stored as the checkpoint's metadata, exact to the bit.</summary>
public sealed record TrainingProgress
{
    /// <summary>Optimizer steps done.</summary>
    public long Step { get; init; }

    /// <summary>Sum of the step losses since the last metric row, nats a token.</summary>
    public double LossSum { get; init; }

    /// <summary>Steps in <see cref="LossSum"/>.</summary>
    public long LossCount { get; init; }

    /// <summary>Sum of the step losses over the last twentieth of the run, so far.</summary>
    public double TailSum { get; init; }

    /// <summary>Steps in <see cref="TailSum"/>.</summary>
    public long TailCount { get; init; }

    /// <summary>Loss of the latest step, nats a token; null before the first.</summary>
    public double? LastLoss { get; init; }

    /// <summary>Seconds in training steps so far, over all attempts.</summary>
    public double TrainSeconds { get; init; }

    /// <summary>Seconds in evaluations so far, over all attempts.</summary>
    public double EvaluationSeconds { get; init; }

    /// <summary>Joules so far, over all attempts; null once an attempt couldn't measure them.</summary>
    public double? Joules { get; init; }

    /// <summary>Peak memory so far, bytes, over all attempts; null where unknown.</summary>
    public long? PeakMemoryBytes { get; init; }

    /// <summary>What was taken over from a trunk; null without one.</summary>
    public Inheritance? Inherited { get; init; }

    /// <summary>
    /// The progress of a run that branches off here: sums go on, since they are those of the common steps; peak memory does not, since another process may have reached it.
    /// </summary>
    /// <param name="trunk">The run whose progress this is.</param>
    public TrainingProgress BranchedOff(RunId trunk) => this with
    {
        TailSum = 0,
        TailCount = 0,
        PeakMemoryBytes = null,
        Inherited = new Inheritance(trunk, Step, TrainSeconds, EvaluationSeconds, Joules),
    };

    /// <summary>The metadata of a checkpoint.</summary>
    public Dictionary<string, string> ToMetadata(RunId id, long tokens)
    {
        var metadata = Own(id, tokens);
        if (Inherited is { } inherited)
        {
            metadata["trunk"] = inherited.Trunk.Value;
            metadata["trunk_step"] = Text(inherited.Step);
            metadata["trunk_train_seconds"] = Text(inherited.TrainSeconds ?? 0);
            metadata["trunk_evaluation_seconds"] = Text(inherited.EvaluationSeconds ?? 0);
            metadata["trunk_joules"] = inherited.Joules is { } joules ? Text(joules) : "";
        }

        return metadata;
    }

    private Dictionary<string, string> Own(RunId id, long tokens) => new(StringComparer.Ordinal)
    {
        ["format"] = "harness-checkpoint-1",
        ["run_id"] = id.Value,
        ["training_semantics"] = Text(RunId.TrainingSemantics),
        ["step"] = Text(Step),
        ["tokens"] = Text(tokens),
        ["loss_sum"] = Text(LossSum),
        ["loss_count"] = Text(LossCount),
        ["tail_sum"] = Text(TailSum),
        ["tail_count"] = Text(TailCount),
        ["last_loss"] = LastLoss is { } loss ? Text(loss) : "",
        ["train_seconds"] = Text(TrainSeconds),
        ["evaluation_seconds"] = Text(EvaluationSeconds),
        ["joules"] = Joules is { } joules ? Text(joules) : "",
        ["peak_memory_bytes"] = PeakMemoryBytes is { } bytes ? Text(bytes) : "",
    };

    /// <summary>Reads metadata back.</summary>
    /// <exception cref="CheckpointException">It belongs to another run (both ids in the message), or something is missing or malformed.</exception>
    public static TrainingProgress FromMetadata(IReadOnlyDictionary<string, string> metadata, RunId expected)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        var format = Get("format");
        if (format != "harness-checkpoint-1")
        {
            throw new CheckpointException($"its format is '{format}'; this version reads harness-checkpoint-1.");
        }

        if (Get("run_id") != expected.Value)
        {
            throw new CheckpointException($"it belongs to run {Get("run_id")}, not to run {expected.Value}.");
        }

        if (Long("training_semantics") != RunId.TrainingSemantics)
        {
            throw new CheckpointException($"it was trained under semantics {Get("training_semantics")}; this version has {Text(RunId.TrainingSemantics)}.");
        }

        return new TrainingProgress
        {
            Step = Long("step"),
            LossSum = Number("loss_sum"),
            LossCount = Long("loss_count"),
            TailSum = Number("tail_sum"),
            TailCount = Long("tail_count"),
            LastLoss = Get("last_loss").Length == 0 ? null : Number("last_loss"),
            TrainSeconds = Number("train_seconds"),
            EvaluationSeconds = Number("evaluation_seconds"),
            Joules = Get("joules").Length == 0 ? null : Number("joules"),
            PeakMemoryBytes = Get("peak_memory_bytes").Length == 0 ? null : Long("peak_memory_bytes"),
            Inherited = metadata.TryGetValue("trunk", out var trunk) && RunId.IsWellFormed(trunk)
                ? new Inheritance(
                    new RunId(trunk),
                    Long("trunk_step"),
                    Number("trunk_train_seconds"),
                    Number("trunk_evaluation_seconds"),
                    Get("trunk_joules").Length == 0 ? null : Number("trunk_joules"))
                : null,
        };

        string Get(string key) => metadata.TryGetValue(key, out var text) ? text : throw new CheckpointException($"its metadata lacks '{key}'.");

        long Long(string key) => long.TryParse(Get(key), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= 0
            ? value
            : throw new CheckpointException($"its metadata '{key}' is '{Get(key)}', not a count.");

        double Number(string key) => double.TryParse(Get(key), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
            ? value
            : throw new CheckpointException($"its metadata '{key}' is '{Get(key)}', not a number.");
    }

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
