using Harness.Core.Data;
using Harness.Core.Models;
using Harness.Core.Training;

namespace Harness.Sweeps.Keys;

/// <content>The keys that decide what a run computes.</content>
public static partial class SweepKeys
{
    /// <summary>Largest whole number that a double holds exactly, so that expressions can use every count.</summary>
    private const long Exact = 1L << 53;

    private static IEnumerable<SweepKey> ModelKeys() => OfEachRun(
    [
        Choice("model.family", Families, "gpt2", "Preset of parts. gpt2: learned positions, LayerNorm, GELU, biases, tied head (Kaplan's and Chinchilla's setting). llama: rotary positions, RMSNorm, SwiGLU, no biases, untied head."),
        Whole("model.n_layer", 1, 4096, "required", "Blocks. Required unless a ladder sets it."),
        Whole("model.d_model", 1, 1 << 20, "required", "Width of the residual stream; a multiple of n_head. Required unless a ladder sets it."),
        Whole("model.n_head", 1, 4096, "d_model / head_dim", "Attention heads a block. Give this or head_dim."),
        Whole("model.head_dim", 1, 4096, "d_model / n_head", "Units a head, instead of n_head; divides d_model."),
        Whole("model.d_ff", 1, 1 << 22, "4 d_model; with swiglu 8/3 d_model rounded up to a multiple of 16", "Hidden units of the feed-forward block."),
        Whole("model.context_length", 2, 1 << 20, "256", "Tokens a sequence."),
        Whole("model.vocab_size", 2, 1 << 24, "the tokenizer's", "Distinct tokens; at least the tokenizer's (256 for bytes, 50257 for gpt2)."),
        Choice("model.positions", SpecNames.Of<PositionEncoding>(), "the family's", "How positions enter; rotary needs an even head_dim."),
        Choice("model.normalization", SpecNames.Of<Normalization>(), "the family's", "Normalisation before attention, feed-forward block and head."),
        Choice("model.activation", SpecNames.Of<Activation>(), "the family's", "Non-linearity of the feed-forward block."),
        Flag("model.biases", "the family's", "Whether linear layers and LayerNorm have biases."),
        Flag("model.tied_head", "the family's", "Whether the head is the token embedding's transpose."),
        Whole("model.mup_base_d_model", 1, 1 << 20, "none", "Switches on maximal-update parametrisation (2203.03466): peak_lr is the one found at this width and holds at every width.") with { Optional = true },
    ]);

    private static IEnumerable<SweepKey> DataKeys() =>
    [
        .. OfEachRun(
        [
            Choice("data.source", Sources, "dotnet-docs", "dotnet-docs: the .NET SDK's reference documentation, 8.6 MB of English that every builder has. text: files, plain or gzip. tokens: .bin shards of nanoGPT or llm.c. synthetic: a random source of known entropy."),
        ]),
        Texts("data.paths", "none", "Files or globs (*, ?, **) of a text or tokens source, relative to the sweep file. Moving them changes no run: the content's hash counts.") with { PerRun = true },
        Texts("data.validation_paths", "none", "Held-out files, where the source has its own; else validation_fraction is cut off the end.") with { PerRun = true },
        Text("data.vocabulary", "none", "Vocabulary file (tiktoken ranks) of the gpt2 tokenizer, relative to the sweep file.") with { PerRun = true },
        .. OfEachRun(
        [
            Choice("data.tokenizer", SpecNames.Of<Tokenizer>(), "bytes", "bytes: 256 tokens. gpt2: byte-pair encoding, 50257 tokens, needs data.vocabulary."),
            Real("data.validation_fraction", 0, 1, "0.05", "Share of the tokens, at the end, that is held out.") with { AboveMin = true, BelowMax = true },
            Whole("data.unique_tokens", 1, Exact, "all", "Keep only the first so many training tokens, for data-limited experiments.") with { Optional = true },
        ]),
        Real("data.max_epochs", 0, 1e6, "1", "How often a training token may be seen; a budget that needs more is an error.") with { AboveMin = true, PerRun = true },
        .. OfEachRun(
        [
            Whole("data.synthetic.symbols", 2, 65536, "256", "Alphabet of a synthetic source."),
            Whole("data.synthetic.order", 0, 1, "1", "How many earlier symbols the next one depends on."),
            Real("data.synthetic.zipf_exponent", 0, 10, "1", "Next-symbol probabilities fall as rank^-s; 0 is uniform."),
            Whole("data.synthetic.seed", 0, Exact, "1", "Which source of this kind."),
        ]),
    ];

    private static IEnumerable<SweepKey> TrainingKeys() => OfEachRun(
    [
        Real("training.tokens", 1, Exact, "steps * batch_tokens", "Training tokens, D; becomes the nearest whole number of steps, and the plan shows both. Give this or steps, or an isoflop family."),
        Whole("training.steps", 1, 1L << 40, "tokens / batch_tokens", "Optimizer steps."),
        Whole("training.batch_tokens", 1, int.MaxValue, "required", "Tokens a step; a multiple of context_length."),
        Real("training.peak_lr", 0, 1e6, "required", "Largest learning rate.") with { AboveMin = true },
        Choice("training.lr_schedule.kind", ["constant", "linear", "cosine", "wsd"], "cosine", "Course of the learning rate. 'lr_schedule: cosine' is short for 'lr_schedule: {kind: cosine}'. wsd: warm-up, stable, decay (2405.18392)."),
        Whole("training.lr_schedule.warmup_steps", 0, 1L << 30, "warmup_fraction * steps", "Steps of the linear warm-up."),
        Real("training.lr_schedule.warmup_fraction", 0, 1, "0.02", "The warm-up as a share of the steps, instead of warmup_steps."),
        Real("training.lr_schedule.final_fraction", 0, 1, "0.1 for linear and cosine, 0 for wsd", "Share of peak_lr at the end of linear, cosine and wsd."),
        Whole("training.lr_schedule.decay_steps", 0, 1L << 30, "decay_fraction * steps", "Steps of wsd's cooldown."),
        Real("training.lr_schedule.decay_fraction", 0, 1, "0.2", "The cooldown as a share of the steps, instead of decay_steps."),
        Real("training.optimizer.beta1", 0, 1, "0.9", "AdamW's decay of the first moment.") with { BelowMax = true },
        Real("training.optimizer.beta2", 0, 1, "0.95", "AdamW's decay of the second moment.") with { BelowMax = true },
        Real("training.optimizer.epsilon", 0, 1, "1e-8", "Added to the root of the second moment.") with { AboveMin = true },
        Real("training.optimizer.weight_decay", 0, 100, "0.1", "Decoupled weight decay of matrices, times the learning rate."),
        Real("training.optimizer.gradient_clip", 0, 1e9, "1", "Largest global norm of the gradient; none never clips.") with { AboveMin = true, Optional = true },
        Choice("training.precision", SpecNames.Of<Precision>(), "fp32", "Number format; bf16 keeps an fp32 master copy."),
        Whole("training.seed", 0, Exact, "1", "Seed of the initial weights, and of the data order unless data_seed is given."),
        Whole("training.data_seed", 0, Exact, "seed", "Seed of the data order."),
    ]);

    private static IEnumerable<SweepKey> EvaluationKeys() => OfEachRun(
    [
        Whole("evaluation.tokens", 1, Exact, "64Ki rounded up to a multiple of context_length", "Held-out tokens a measurement, the same every time; a multiple of context_length."),
        Whole("evaluation.every_steps", 1, 1L << 30, "steps / count", "Steps between measurements of the held-out loss; the last step is always measured. none measures only there.") with { Optional = true },
        Whole("evaluation.count", 1, 1L << 20, "10", "Measurements a run, evenly spread, instead of every_steps."),
    ]);

    private static IEnumerable<SweepKey> SyntheticKeys() => OfEachRun(
    [
        Real("synthetic.e", 0, 1e6, "required", "Draws losses from loss = (E + A/N^alpha + B/D^beta) exp(noise g) instead of training, N non-embedding (2203.15556, eq. 2). Irreducible loss, nats a token."),
        Real("synthetic.a", 0, 1e15, "required", "Parameter coefficient A.") with { AboveMin = true },
        Real("synthetic.b", 0, 1e15, "required", "Data coefficient B.") with { AboveMin = true },
        Real("synthetic.alpha", 0, 10, "required", "Parameter exponent.") with { AboveMin = true },
        Real("synthetic.beta", 0, 10, "required", "Data exponent.") with { AboveMin = true },
        Real("synthetic.noise", 0, 10, "0", "Standard deviation of the log loss."),
        Real("synthetic.seconds_per_run", 0, 1e6, "0", "Seconds that each run pretends to take."),
    ]);
}
