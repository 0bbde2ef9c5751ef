namespace Harness.Reporting.Tables.Selection;

/// <summary>What a column means to a law.</summary>
/// <param name="Name">The law's variable: <c>n</c>, <c>d</c>, <c>c</c>, <c>loss</c>, ...</param>
/// <param name="Meaning">In words, with its unit.</param>
/// <param name="Option">The command line option that names the column.</param>
/// <param name="Columns">The columns that hold it when the user names none, first come first served: the harness's own runs.csv, then the symbol itself.</param>
public sealed record PointRole(string Name, string Meaning, string Option, IReadOnlyList<string> Columns)
{
    private static readonly PointRole[] Known =
    [
        new("n", "parameters", "--n", ["non_embedding_params", "N", "n"]),
        new("d", "training tokens", "--d", ["tokens", "D", "d"]),
        new("c", "training compute, FLOPs", "--c", ["train_flops", "C", "c"]),
        new("loss", "loss, nats per token", "--loss", ["val_loss_nats_per_token", "loss", "L"]),
        new("unique", "unique training tokens", "--unique", ["unique_tokens", "unique", "U"]),
        new("x", "the variable of a one-variable law", "--x", ["x"]),
        new("weight", "the weight of a row", "--weight", []),
        new("step", "optimizer step", "--var step=", ["step", "steps"]),
        new("n_layer", "transformer blocks", "--var n_layer=", ["n_layer", "num_layers", "n_layers", "layers"]),
        new("d_model", "width of the residual stream", "--var d_model=", ["d_model", "width"]),
        new("n_head", "attention heads", "--var n_head=", ["n_head", "num_heads", "n_heads", "heads"]),
        new("d_ff", "hidden units of the dense blocks", "--var d_ff=", ["d_ff", "ffw_size", "ffn_size"]),
        new("context_length", "tokens a sequence", "--var context_length=", ["context_length", "seq_len", "n_ctx"]),
        new("vocab_size", "distinct tokens", "--var vocab_size=", ["vocab_size", "n_vocab"]),
        new("lr", "learning rate at the step", "--var lr=", ["lr", "learning_rate"]),
    ];

    /// <summary>The role of a variable; one that is not listed is held by the column of its own name.</summary>
    public static PointRole Of(string variable) =>
        Array.Find(Known, r => r.Name == variable) ?? new PointRole(variable, $"the law's {variable}", $"--var {variable}=", [variable]);

    /// <summary>The roles that have an option of their own.</summary>
    public static IReadOnlyList<PointRole> WithOption { get; } = [.. Known.Where(r => !r.Option.StartsWith("--var", StringComparison.Ordinal))];
}
