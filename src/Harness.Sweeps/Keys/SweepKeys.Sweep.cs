namespace Harness.Sweeps.Keys;

/// <content>The keys around the runs: what the sweep is called, how it varies, how it is executed and fitted.</content>
public static partial class SweepKeys
{
    private static IEnumerable<SweepKey> TopKeys() =>
    [
        Text("name", "the file's name", "Name of the sweep and, made safe, of its folder under results/."),
        Text("question", "none", "What the sweep is to find out; stands at the top of its report."),
    ];

    private static IEnumerable<SweepKey> ExecutionKeys() =>
    [
        Whole("execution.workers", 1, 4096, "one a GPU, or one a CPU core", "Runs trained side by side."),
        Whole("execution.threads", 1, 4096, "1", "CPU threads a worker."),
        Whole("execution.micro_batch_sequences", 1, 1 << 24, "the whole batch", "Sequences a forward pass; the batch is accumulated from these. Divides every run's batch."),
        Text("execution.stack", "auto", "Runs of one shape (same model, data, batch, steps and evaluation; other seeds, rates, schedules, decay) trained together as one batched model: auto (as many as a few timed steps find best; never where that brings less than a tenth), off, or a number of runs from 2 to 64."),
        Text("execution.runs_per_worker", "auto", "Different runs, of any shapes, that a worker trains at the same time on its device, each on a stream of its own: auto (on a GPU as many as a few timed steps find best, at most 8; on a CPU one, since several workers do the same there), or a number from 1 to 16. Only as many as the plan's memory estimates say fit."),
        Whole("execution.checkpoint_every_steps", 1, 1L << 30, "none", "Steps between checkpoints.") with { Optional = true },
        Real("execution.checkpoint_every_seconds", 0, 1e6, "60", "Seconds between checkpoints.") with { AboveMin = true, Optional = true },
        Flag("execution.share_trunk", "false", "Under wsd, train runs that differ only in their budget and cooldown as one long run and branch the shorter ones' cooldowns off it (2405.18392): same results, same ids, less work. Needs a warm-up, a data order and evaluation.every_steps that do not depend on the budget."),
        Flag("execution.deterministic", "true", "Same bits on the same machine and library, also where that is slower (GPU)."),
    ];

    private static IEnumerable<SweepKey> SweepSectionKeys() =>
    [
        Structure("sweep.product", "Keys that vary independently, every combination: {training.seed: [1, 2], model.d_model: {from: 64, to: 512, per_octave: 1}}. A value is a list, one value, or a range: {from, to, step}, or spaced by equal factors {from, to, count | per_octave | per_decade}, or {from, to, count, scale: linear}; multiple_of rounds the values of a whole-number key. The axes of a block multiply each other."),
        Structure("sweep.zip", "Keys that vary together, one combination a position: {model.n_layer: [2, 4], model.d_model: [64, 128]}. A list of such mappings makes several independent groups."),
        Structure("sweep.ladder", "Model sizes by one dial: {depth: [2, 4, 8], aspect: 32, head_dim: 16} gives n_layer = depth and d_model = aspect * depth, rounded to a multiple of head_dim; {non_embedding_params: {from: 10k, to: 10M, count: 7}, aspect: 32, head_dim: 16} finds the closest model of that shape, at most 25 % off. aspect = d_model / n_layer, default 64; head_dim default 64."),
        Structure("sweep.isoflop", "A family of compute budgets: {budgets: [1e15, 1e16], flops: 6nd}; each run's tokens are its budget over its FLOPs a token. flops: 6nd (non-embedding, the default), 6nd_total, kaplan or chinchilla. Sizes come from the block's other axes, or from sizes: {count: 7, span: 16, tokens_per_param: 20, aspect: 32, head_dim: 16}: so many models around sqrt(C / (6 * tokens_per_param)), the largest span times the smallest."),
        Structure("sweep.runs", "Explicit runs: [{name: small, model.d_model: 64, peak_lr: 1e-3}, ...]; name is optional. Multiplies with the block's other axes."),
        Structure("sweep.seeds", "Repeats: 3 (seeds 1, 2, 3) or a list; sets training.seed."),
        Structure("sweep.where", "Conditions that a run must meet, else it is left out: [\"tokens <= 200 * non_embedding_params\"]."),
        Structure("sweep.label", "Name of the block, for fits and plots. 'sweep' itself may be a list of such blocks: their runs are joined, equal ones once."),
    ];

    private static IEnumerable<SweepKey> FitKeys() =>
    [
        Texts("fit.laws", "the report's own choice", "Laws to fit when the runs are done, by the names of 'harness fit --law'."),
        Text("fit.n", "non_embedding_params", "Column that counts parameters."),
        Text("fit.d", "tokens", "Column that counts data."),
        Text("fit.c", "train_flops", "Column that counts compute."),
        Text("fit.loss", "val_loss_nats_per_token", "Column to fit."),
        Text("fit.objective", "the law's", "Objective, as in 'harness fit --objective'."),
        Real("fit.delta", 0, 1e6, "the objective's", "The Huber loss's threshold.") with { AboveMin = true },
        Text("fit.where", "none", "Which runs to fit, as in 'harness fit --where'."),
        Whole("fit.drop_highest", 0, 1 << 20, "0", "Leaves out so many points of highest loss."),
        Text("fit.holdout", "the report's own choice", "Runs to predict instead of fitting: largest-n, largest-d, largest-c, COLUMN=VALUE or a fraction."),
        Whole("fit.bootstrap", 0, 1 << 20, "the report's own choice", "Bootstrap resamples for the intervals; 0 makes none."),
        Choice("fit.bootstrap_by", ["row", "group", "noise"], "group where runs share trunks, else row", "What is resampled."),
        Whole("fit.seed", 0, Exact, "1", "Seed of the bootstrap."),
    ];
}
