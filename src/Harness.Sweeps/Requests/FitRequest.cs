namespace Harness.Sweeps.Requests;

/// <summary>What to fit when the sweep is done: the options of <c>harness fit</c>, passed through as text. Null where the sweep doesn't say.</summary>
public sealed record FitRequest
{
    /// <summary>Law names; empty leaves the choice to the report.</summary>
    public IReadOnlyList<string> Laws { get; init; } = [];

    /// <summary>Column that counts parameters, in runs.csv.</summary>
    public string N { get; init; } = "non_embedding_params";

    /// <summary>Column that counts training tokens.</summary>
    public string D { get; init; } = "tokens";

    /// <summary>Column that counts training FLOPs.</summary>
    public string C { get; init; } = "train_flops";

    /// <summary>Column with the loss.</summary>
    public string Loss { get; init; } = "val_loss_nats_per_token";

    /// <summary>Objective, for example <c>log-huber</c>.</summary>
    public string? Objective { get; init; }

    /// <summary>The Huber loss's threshold, above 0.</summary>
    public double? Delta { get; init; }

    /// <summary>Which rows to fit.</summary>
    public string? Where { get; init; }

    /// <summary>Points of highest loss to leave out, at least 0.</summary>
    public int DropHighest { get; init; }

    /// <summary>Rows to predict instead of fitting.</summary>
    public string? Holdout { get; init; }

    /// <summary>Bootstrap resamples, at least 0.</summary>
    public int? Bootstrap { get; init; }

    /// <summary><c>row</c>, <c>group</c> or <c>noise</c>; null resamples trunks where runs share them, else rows.</summary>
    public string? BootstrapBy { get; init; }

    /// <summary>Seed of the bootstrap.</summary>
    public long Seed { get; init; } = 1;
}
