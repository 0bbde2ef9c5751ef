using Harness.Core.Models;

namespace Harness.Reporting.Runs;

/// <summary>
/// One run as runs.csv holds it: what was asked, what it cost under every convention, what was measured. Everything that fits, plots and
/// the report know about a run. Missing is null. Columns and units: <see cref="RunsTable.Columns"/>.
/// </summary>
public sealed partial record RunRow
{
    /// <summary>The text of <see cref="Status"/> for a run whose attempts all ended without a result.</summary>
    public const string FailedStatus = "failed";

    /// <summary>Identity of the spec, 16 hex digits.</summary>
    public required string RunId { get; init; }

    /// <summary>Readable name, unique in the sweep.</summary>
    public required string Name { get; init; }

    /// <summary><c>completed</c>, <c>diverged</c> or <c>failed</c>.</summary>
    public required string Status { get; init; }

    /// <summary>Preset of the model's parts.</summary>
    public required string Family { get; init; }

    /// <summary>Blocks, n_layer.</summary>
    public required int LayerCount { get; init; }

    /// <summary>Width, d_model.</summary>
    public required int ModelDim { get; init; }

    /// <summary>Attention heads a block.</summary>
    public required int HeadCount { get; init; }

    /// <summary>Hidden units of the feed-forward block.</summary>
    public required int FeedForwardDim { get; init; }

    /// <summary>Tokens a sequence.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Distinct tokens.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Kaplan's N: no embeddings, no head.</summary>
    public required long NonEmbeddingParameters { get; init; }

    /// <summary>Token and position embeddings.</summary>
    public required long EmbeddingParameters { get; init; }

    /// <summary>The head's own weights; 0 for a tied head.</summary>
    public required long UnembeddingParameters { get; init; }

    /// <summary>Everything that is trained.</summary>
    public required long TotalParameters { get; init; }

    /// <summary>What takes part in one token's forward pass.</summary>
    public required long ActiveParameters { get; init; }

    /// <summary>Training tokens asked for, D (a diverged run saw fewer).</summary>
    public required long Tokens { get; init; }

    /// <summary>Optimizer steps asked for, S.</summary>
    public required long Steps { get; init; }

    /// <summary>Tokens a step, B.</summary>
    public required int BatchTokens { get; init; }

    /// <summary>Distinct training tokens that the run saw, U; null where the source's size is not known.</summary>
    public long? UniqueTokens { get; init; }

    /// <summary>How often the run went through its data, D over the tokens there are; null where those are not known.</summary>
    public double? Epochs { get; init; }

    /// <summary>Training compute under each convention, for the tokens asked for.</summary>
    public required TrainingFlops Flops { get; init; }

    /// <summary>Largest learning rate.</summary>
    public required double PeakLearningRate { get; init; }

    /// <summary><c>constant</c>, <c>linear</c>, <c>cosine</c> or <c>wsd</c>.</summary>
    public required string Schedule { get; init; }

    /// <summary>Optimizer steps of the warm-up.</summary>
    public required int WarmupSteps { get; init; }

    /// <summary>Seed of the initial weights.</summary>
    public required long Seed { get; init; }

    /// <summary>Seed of the data order.</summary>
    public required long DataSeed { get; init; }

    /// <summary><c>fp32</c> or <c>bf16</c>.</summary>
    public required string Precision { get; init; }

    /// <summary>Where the tokens came from; <c>synthetic-law</c> for a run that drew its loss from a known law.</summary>
    public required string DataSource { get; init; }

    /// <summary>Held-out loss after the last step, nats a token.</summary>
    public double? ValidationLoss { get; init; }

    /// <summary>The same in bits a byte.</summary>
    public double? BitsPerByte { get; init; }

    /// <summary>exp of the held-out loss.</summary>
    public double? Perplexity { get; init; }

    /// <summary>Mean training loss over the last twentieth of the steps, nats a token.</summary>
    public double? TrainLoss { get; init; }

    /// <summary>Training speed, evaluation left out.</summary>
    public double? TokensPerSecond { get; init; }

    /// <summary>Model FLOPs a second over the measured speed of matrix products, 0 to 1.</summary>
    public double? ModelFlopsUtilization { get; init; }

    /// <summary>Model FLOPs a second over the device's declared peak, 0 to 1; null where none is declared.</summary>
    public double? DeclaredModelFlopsUtilization { get; init; }

    /// <summary>Seconds in training steps.</summary>
    public double? TrainSeconds { get; init; }

    /// <summary>Seconds measuring the held-out loss.</summary>
    public double? EvaluationSeconds { get; init; }

    /// <summary>Largest memory, bytes.</summary>
    public long? PeakMemoryBytes { get; init; }

    /// <summary>Energy of the device while training.</summary>
    public double? Joules { get; init; }

    /// <summary>Engine and library that computed it.</summary>
    public string? Engine { get; init; }

    /// <summary>Device that computed it.</summary>
    public string? Device { get; init; }

    /// <summary>Runs that trained together in the last attempt, this one included; null where that isn't known.</summary>
    public int? Stack { get; init; }

    /// <summary>Runs that the worker trained at the same time in the last attempt, at most, this one included; null where that isn't known.</summary>
    public int? RunsAtOnce { get; init; }

    /// <summary>Attempts started, at least 1; null where they were not counted.</summary>
    public int? Attempts { get; init; }

    /// <summary>The step whose loss was not finite, if the run diverged.</summary>
    public long? DivergedAtStep { get; init; }

    /// <summary>Why a failed run has no result, for example <c>out_of_memory</c>.</summary>
    public string? Failure { get; init; }

    /// <summary>Id of the run that trained the beginning that this run has in common with others; its own if it is that run or shares nothing. Null where the sweep shares no trunks.</summary>
    public string? Trunk { get; init; }

    /// <summary>Optimizer steps that it took over from its trunk; null if it trained all of them.</summary>
    public long? BranchStep { get; init; }

    /// <summary>6ND of the tokens that it trained itself, N non-embedding; null without a result.</summary>
    public double? SpentFlops { get; init; }

    /// <summary>Seconds that it trained itself.</summary>
    public double? SpentTrainSeconds { get; init; }

    /// <summary>Energy that it used itself.</summary>
    public double? SpentJoules { get; init; }

    /// <summary>The sweep's labels by name; a <c>label_</c> column each.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether fits and plots may use its loss.</summary>
    public bool IsCompleted => Status == "completed";
}
