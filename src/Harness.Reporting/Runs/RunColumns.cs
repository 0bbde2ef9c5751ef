namespace Harness.Reporting.Runs;

/// <summary>The columns of runs.csv, in their order, without the labels.</summary>
internal static class RunColumns
{
    /// <summary>What a label's column begins with.</summary>
    public const string LabelPrefix = "label_";

    public static IReadOnlyList<RowColumn<RunRow>> All { get; } =
    [
        new("run_id", "text", "Identity of the run: a hash of everything that decides what it computes; the same id is never trained twice", r => r.RunId),
        new("name", "text", "Readable name, unique in the sweep", r => r.Name),
        new("status", "text", "`completed`, `diverged` (a loss was not finite; no retry) or `failed` (every attempt ended without a result); fits use completed runs only", r => r.Status),
        new("family", "text", "Preset of the model's parts, `gpt2` or `llama`", r => r.Family),
        new("n_layer", "blocks", "Transformer blocks", r => r.LayerCount),
        new("d_model", "units", "Width of the residual stream", r => r.ModelDim),
        new("n_head", "heads", "Attention heads a block", r => r.HeadCount),
        new("d_ff", "units", "Hidden units of the feed-forward block", r => r.FeedForwardDim),
        new("context_length", "tokens", "Tokens a sequence", r => r.ContextLength),
        new("vocab_size", "tokens", "Distinct tokens", r => r.VocabularySize),
        new("non_embedding_params", "parameters", "N as Kaplan et al. count it: without embeddings and head", r => r.NonEmbeddingParameters),
        new("embedding_params", "parameters", "Token and position embeddings", r => r.EmbeddingParameters),
        new("unembedding_params", "parameters", "The head's own weights; 0 where it shares the embedding's", r => r.UnembeddingParameters),
        new("total_params", "parameters", "N as Hoffmann et al. count it: everything that is trained", r => r.TotalParameters),
        new("active_params", "parameters", "Parameters in one token's forward pass; equal to `total_params` for a dense model", r => r.ActiveParameters),
        new("tokens", "tokens", "Training tokens asked for, D", r => r.Tokens),
        new("steps", "steps", "Optimizer steps asked for, S", r => r.Steps),
        new("batch_tokens", "tokens", "Tokens an optimizer step, B", r => r.BatchTokens),
        new("unique_tokens", "tokens", "Distinct training tokens among D; empty where the source's size is not known", r => r.UniqueTokens),
        new("epochs", "passes", "D over the training tokens that the source has; empty where its size is not known", r => r.Epochs),
        new("train_flops", "FLOPs", "C = 6ND with N non-embedding", r => r.Flops.SixND),
        new("train_flops_total", "FLOPs", "C = 6ND with N total", r => r.Flops.SixNTotalD),
        new("train_flops_kaplan", "FLOPs", "C with attention's share, table 1 of Kaplan et al. 2020", r => r.Flops.Kaplan),
        new("train_flops_chinchilla", "FLOPs", "C in full with embeddings, logits and softmax, appendix F of Hoffmann et al. 2022", r => r.Flops.Chinchilla),
        new("peak_lr", "1", "Largest learning rate", r => r.PeakLearningRate),
        new("lr_schedule", "text", "Course of the learning rate: `constant`, `linear`, `cosine` or `wsd`", r => r.Schedule),
        new("warmup_steps", "steps", "Optimizer steps over which the rate rises", r => r.WarmupSteps),
        new("seed", "integer", "Seed of the initial weights", r => r.Seed),
        new("data_seed", "integer", "Seed of the data order", r => r.DataSeed),
        new("precision", "text", "Number format, `fp32` or `bf16`", r => r.Precision),
        new("data_source", "text", "Where the tokens came from; `synthetic-law` where the loss was drawn from a known law instead of trained", r => r.DataSource),
        new("val_loss_nats_per_token", "nats/token", "Held-out loss after the last step, L; empty if the run has none", r => r.ValidationLoss),
        new("val_bpb", "bits/byte", "The same a byte of text, comparable between tokenizers; empty where a token's bytes are not known", r => r.BitsPerByte),
        new("val_perplexity", "1", "exp of the held-out loss", r => r.Perplexity),
        new("train_loss_nats_per_token", "nats/token", "Mean training loss over the last twentieth of the steps", r => r.TrainLoss),
        new("tokens_per_second", "tokens/s", "Training speed; evaluation and checkpoints left out", r => r.TokensPerSecond),
        new("mfu", "0 to 1", "Model FLOPs a second (`train_flops_kaplan`) over the device's peak; empty where the peak is not known", r => r.ModelFlopsUtilization),
        new("train_seconds", "s", "Time in training steps, over all attempts", r => r.TrainSeconds),
        new("evaluation_seconds", "s", "Time measuring the held-out loss, over all attempts", r => r.EvaluationSeconds),
        new("peak_memory_bytes", "bytes", "Largest memory of the process (CPU) or of the allocator (GPU)", r => r.PeakMemoryBytes),
        new("joules", "J", "Energy of the device while training; empty where no counter can be read", r => r.Joules),
        new("engine", "text", "Engine and library that computed the run", r => r.Engine),
        new("device", "text", "Device that computed the run", r => r.Device),
        new("stack", "runs", "Runs trained together as one batched model in the last attempt, this one included: times and energy are this run's share; 1 alone", r => r.Stack),
        new("attempts", "count", "Attempts started", r => r.Attempts),
        new("diverged_at_step", "step", "Step whose loss was not finite; empty unless the run diverged", r => r.DivergedAtStep),
        new("failure", "text", "Why a failed run has no result, for example `out_of_memory`; empty otherwise", r => r.Failure),
        new("trunk", "text", "Run that trained the beginning that this one has in common with others: rows of one trunk are not independent; its own id if it shares nothing; empty where the sweep shares no trunks", r => r.Trunk),
        new("branch_step", "steps", "Steps that the run took over from its trunk; empty if it trained all of them", r => r.BranchStep),
        new("spent_train_flops", "FLOPs", "6ND, N non-embedding, of the tokens that the run trained itself: their sum counts nothing twice", r => r.SpentFlops),
        new("spent_train_seconds", "s", "Time in training steps of its own; `train_seconds` includes its trunk's up to `branch_step`", r => r.SpentTrainSeconds),
        new("spent_joules", "J", "Energy of its own; `joules` includes its trunk's; empty where no counter can be read", r => r.SpentJoules),
    ];
}
