namespace Harness.Execution.Attempts;

/// <summary>What a checkpoint must look like, and how much of the training curve was written before it.</summary>
internal sealed record CheckpointManifest
{
    /// <summary>Optimizer steps done.</summary>
    public required long Step { get; init; }

    /// <summary>Bytes of the content.</summary>
    public required long Length { get; init; }

    /// <summary>SHA-256 of the content, hex.</summary>
    public required string Hash { get; init; }

    /// <summary>Bytes of the attempt's metrics file when the checkpoint was saved.</summary>
    public required long MetricsLength { get; init; }

    /// <summary>SHA-256 of those bytes, hex.</summary>
    public required string MetricsHash { get; init; }
}
