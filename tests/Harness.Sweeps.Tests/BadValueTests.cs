namespace Harness.Sweeps.Tests;

/// <summary>Values out of kind or range, and numbers that don't go together: each gives exactly its message.</summary>
public sealed class BadValueTests
{
    private const string Tokens = "; allowed is a number from 1 to 9,007,199,254,740,992.";
    private const string Layers = "; allowed is a whole number from 1 to 4,096.";

    [Theory]
    [InlineData("010", "'010' is no number: a leading zero means octal to some and decimal to others; write it without" + Tokens)]
    [InlineData("0x10", "'0x10' is no number: hexadecimal, octal and binary are not read; write it in decimal" + Tokens)]
    [InlineData("0o10", "'0o10' is no number: hexadecimal, octal and binary are not read; write it in decimal" + Tokens)]
    [InlineData("190:20:30", "'190:20:30' is no number: a colon makes it a time or base 60; write it in decimal" + Tokens)]
    [InlineData("1,000", "'1,000' is no number: a comma does not group digits; write 10_000 or 10000" + Tokens)]
    [InlineData("1__0", "'1__0' is no number: an underscore stands between two digits" + Tokens)]
    [InlineData("10m", "'10m' is no number: the suffixes are k, M, B, T (thousand to trillion) and Ki, Mi, Gi" + Tokens)]
    [InlineData("12abc", "'12abc' is no number: it goes on after the number" + Tokens)]
    [InlineData("1e999", "'1e999' is no number: it is out of range" + Tokens)]
    [InlineData("1e400000000", "'1e400000000' is no number: it is out of range" + Tokens)]
    [InlineData(".nan", "'.nan' is no number: it is not finite" + Tokens)]
    [InlineData("NaN", "'NaN' is no number: it is not finite" + Tokens)]
    [InlineData(".inf", "'.inf' is no number: it is not finite" + Tokens)]
    [InlineData("-5", "'-5' is out of range" + Tokens)]
    [InlineData("0", "'0' is out of range" + Tokens)]
    [InlineData("9223372036854775808", "'9223372036854775808' is out of range" + Tokens)]
    [InlineData("yes", "'yes' is no number" + Tokens)]
    [InlineData("", "has no value; allowed is a number from 1 to 9,007,199,254,740,992. Give one, or remove the key.")]
    [InlineData("~", "has no value; allowed is a number from 1 to 9,007,199,254,740,992. Give one, or remove the key.")]
    [InlineData("null", "has no value; allowed is a number from 1 to 9,007,199,254,740,992. Give one, or remove the key.")]
    [InlineData("[1, 2]", "a list; allowed is a number from 1 to 9,007,199,254,740,992. To vary it, write it under sweep: {product: {training.tokens: [...]}}.")]
    [InlineData("${env:HOME}", "'${env:HOME}' asks for a substitution. Values are not taken from the environment; write the value, or give it with --set training.tokens=VALUE.")]
    [InlineData("1 000", "'1 000' is neither a number nor an expression: unexpected '0' at character 3" + Tokens)]
    [InlineData("2 ** 3", "'2 ** 3' is neither a number nor an expression: ** is written ^" + Tokens)]
    [InlineData("(2", "'(2' is neither a number nor an expression: a closing parenthesis is missing at its end; allowed is a number from 1 to 9,007,199,254,740,992. Inside { } or [ ] a comma ends the value: put quotes around the expression.")]
    [InlineData("sqr(2)", "'sqr(2)' is neither a number nor an expression: there is no function 'sqr'; there are min, max, sqrt, log, log2, log10, exp, abs, floor, ceil or round; did you mean sqrt?" + Tokens)]
    [InlineData("min(1)", "'min(1)' is neither a number nor an expression: min takes 2 to 16 argument(s), not 1" + Tokens)]
    [InlineData("1 / (n_layer - 2)", "'1 / (n_layer - 2)': 1 / 0 divides by zero.")]
    [InlineData("sqrt(0 - n_layer)", "'sqrt(0 - n_layer)': sqrt(-2) is not a number.")]
    [InlineData("20 * non_embeding_params", "there is no key or derived name 'non_embeding_params'. Did you mean non_embedding_params?")]
    [InlineData("2 * model.biases", "model.biases is not a number. 'harness plan --keys' lists all.")]
    [InlineData("2 * tokens", "depends on itself (training.steps -> training.tokens -> training.steps). Give one of them a value of its own.")]
    [InlineData("100", "100 tokens are less than half a step of 2,048; at least one step. Use more tokens or a smaller batch.")]
    [InlineData("100M", "99,999,744 tokens are 12.5 epochs of the 8,000,000 that there are; data.max_epochs is 1. Use fewer tokens or more data, or set data.max_epochs: 13.")]
    public void Bad_tokens_give_exactly_this(string value, string message) =>
        Assert.Equal(["s.yaml:4: training.tokens: " + message],
            Some.Problems("model: {n_layer: 2, d_model: 64, n_head: 4, context_length: 128}\ndata: {source: dotnet-docs}\ntraining: {batch_tokens: 2048, peak_lr: 3e-3}\ntraining.tokens: " + value + "\n"));

    [Theory]
    [InlineData("1.5", "'1.5' is not a whole number" + Layers)]
    [InlineData("1e-3", "'1e-3' is not a whole number" + Layers)]
    [InlineData("0", "'0' is out of range" + Layers)]
    [InlineData("5000", "'5000' is out of range" + Layers)]
    [InlineData("none", "'none' is no number" + Layers)]
    [InlineData("true", "'true' is no number" + Layers)]
    [InlineData("d_model / 10", "'d_model / 10' gives 6.4; allowed is a whole number from 1 to 4,096. Wrap it in round(...), floor(...) or ceil(...).")]
    public void A_bad_whole_number_gives_exactly_this(string value, string message) =>
        Assert.Equal(["s.yaml:1: model.n_layer: " + message], Some.Problems(Some.Base.Replace("n_layer: 2", "n_layer: " + value, StringComparison.Ordinal)));

    [Theory]
    [InlineData("n_head: 4", "n_head: 6", "model.n_head: 6 does not divide d_model = 64. Use a divisor of 64, such as 4 or 8.")]
    [InlineData("n_head: 4", "head_dim: 60", "model.head_dim: 60 does not divide d_model = 64. Use a divisor of 64, such as 32 or 64.")]
    [InlineData("n_head: 4", "family: gpt2", "model.n_head: is missing. Give n_head or head_dim.")]
    [InlineData("n_head: 4", "n_head: 4, head_dim: 16", "model.head_dim: given as well as model.n_head (line 1); one follows from the other. Remove one of them.")]
    [InlineData("n_head: 4", "n_head: 64, family: llama", "model.head_dim: a head of 1 units (d_model 64 / n_head 64) is odd; rotary positions rotate pairs. Use an even head_dim.")]
    [InlineData("n_head: 4", "n_head: 4, family: lama", "model.family: 'lama'; allowed is gpt2 or llama. Did you mean llama?")]
    [InlineData("n_head: 4", "n_head: 4, biases: yes", "model.biases: 'yes'; allowed is true or false.")]
    [InlineData("n_head: 4", "n_head: 4, vocab_size: 200", "model.vocab_size: 200 tokens are fewer than the data's 256. Use 256 or more, or leave it out.")]
    [InlineData("batch_tokens: 2048", "batch_tokens: 2000", "training.batch_tokens: 2,000 is not a multiple of context_length = 128. Use 1,920 or 2,048.", 3)]
    [InlineData("batch_tokens: 2048", "batch_tokens: 100", "training.batch_tokens: 100 is not a multiple of context_length = 128. Use 128.", 3)]
    [InlineData("tokens: 1M", "tokens: 1M, steps: 5", "training.steps: given as well as training.tokens (line 3); one follows from the other. Remove one of them.", 3)]
    [InlineData("tokens: 1M, ", "", "training.tokens: is missing. Give tokens or steps, or an isoflop family.", 3)]
    [InlineData(", peak_lr: 3e-3", "", "training.peak_lr: is missing; allowed is a number above 0 and at most 1,000,000. Add it.", 3)]
    [InlineData("peak_lr: 3e-3", "peak_lr: 0", "training.peak_lr: '0' is out of range; allowed is a number above 0 and at most 1,000,000.", 3)]
    [InlineData("source: dotnet-docs", "source: text", "data.paths: is missing; a text source reads files. Name files or globs.", 2)]
    [InlineData("source: dotnet-docs", "tokenizer: gpt2", "data.vocabulary: is missing; the gpt2 tokenizer reads its vocabulary from a file. Name a r50k_base.tiktoken file.", 2)]
    [InlineData("source: dotnet-docs", "unique_tokens: 9M", "data.unique_tokens: 9,000,000 tokens are more than the 8,000,000 that there are.", 2)]
    [InlineData("source: dotnet-docs", "synthetic: {symbols: 4}", "data.source: data.synthetic is given but the source is dotnet-docs. Set data.source: synthetic, or remove data.synthetic.", 2)]
    public void Numbers_that_do_not_go_together_give_exactly_this(string text, string instead, string message, int line = 1) =>
        Assert.Equal([$"s.yaml:{line}: {message}"], Some.Problems(Some.Base.Replace(text, instead, StringComparison.Ordinal)));

    [Theory]
    [InlineData("training.lr_schedule: {kind: cosine, decay_steps: 5}", "training.lr_schedule.decay_steps: a cosine schedule has no decay_steps. Remove it, or use another kind.")]
    [InlineData("training.lr_schedule: {kind: constant, final_fraction: 0}", "training.lr_schedule.final_fraction: a constant schedule has no final_fraction. Remove it, or use another kind.")]
    [InlineData("training.lr_schedule: {warmup_steps: 600}", "training.lr_schedule.warmup_steps: 600 is more than the run's 488 steps. Use fewer, or warmup_fraction.")]
    [InlineData("training.lr_schedule: {kind: wsd, decay_steps: 480, warmup_steps: 9}", "training.lr_schedule.decay_steps: a cooldown of 480 steps does not fit into 488 steps after 9 of warm-up. Use fewer, or decay_fraction.")]
    [InlineData("training.lr_schedule: cosinus", "training.lr_schedule.kind: 'cosinus'; allowed is constant, linear, cosine or wsd. Did you mean cosine?")]
    [InlineData("evaluation: {tokens: 1000}", "evaluation.tokens: 1,000 is not a multiple of context_length = 128. Use 1,024.")]
    [InlineData("evaluation: {tokens: 1280000}", "evaluation.tokens: 1,280,000 tokens and one more are needed, but 400,000 are held out. Use fewer, or a larger data.validation_fraction.")]
    [InlineData("evaluation: {count: 1000}", "evaluation.count: 1,000 measurements do not fit into 488 steps. Use fewer, or every_steps.")]
    [InlineData("execution: {micro_batch_sequences: 3}", "execution.micro_batch_sequences: 3 does not divide a batch of 16 sequences. Use a divisor, or leave it out.")]
    [InlineData("execution: {stack: 1}", "execution.stack: '1' was given; auto, off or a number of runs from 2 to 64 is allowed.")]
    [InlineData("execution: {stack: many}", "execution.stack: 'many' was given; auto, off or a number of runs from 2 to 64 is allowed.")]
    [InlineData("execution: {workers: 2 * n_layer}", "execution.workers: '2 * n_layer'; allowed is a whole number from 1 to 4,096.")]
    [InlineData("training.optimizer: {beta2: 1}", "training.optimizer.beta2: '1' is out of range; allowed is a number from 0 and below 1.")]
    [InlineData("fit: {laws: []}", "fit.laws: an empty list; allowed is a text or a list of texts. Give one, or remove the key.")]
    public void A_bad_section_gives_exactly_this(string line, string message) => Assert.Equal(["s.yaml:4: " + message], Some.Problems(Some.Base + line + "\n"));

    [Fact]
    public void Data_that_the_catalog_refuses_is_a_problem_of_the_data_section() =>
        Assert.Equal(["s.yaml:2: data.source: the corpus is gone. Install it."],
            Some.Read(Some.Base, new FakeCatalog { Unavailable = "the corpus is gone. Install it." }).Problems.Select(p => p.ToString()));

    [Fact]
    public void An_unknown_law_is_found_before_anything_runs() =>
        Assert.Equal(["s.yaml:4: fit.laws: there is no law 'chinchila'; known are kaplan-n or chinchilla. Did you mean chinchilla?"],
            SweepReader.ReadText(Some.Base + "fit: {laws: [kaplan-n, chinchila]}\n", "s.yaml", ".", new FakeCatalog(), new SweepReadOptions { KnownLaws = ["kaplan-n", "chinchilla"] })
                .Problems.Select(p => p.ToString()));
}
