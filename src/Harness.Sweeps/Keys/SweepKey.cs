namespace Harness.Sweeps.Keys;

/// <summary>One key of a sweep file: the only place where its range, default and meaning stand.</summary>
public sealed record SweepKey
{
    /// <summary>Dotted path, for example <c>model.n_layer</c>.</summary>
    public required string Path { get; init; }

    /// <summary>What it holds.</summary>
    public required KeyKind Kind { get; init; }

    /// <summary>What it means, in one or two sentences.</summary>
    public required string Doc { get; init; }

    /// <summary>
    /// The value where it isn't given: a literal where <see cref="HasLiteralDefault"/>, else how it is derived; "required" or "none".
    /// </summary>
    public required string Default { get; init; }

    /// <summary>Whether <see cref="Default"/> is a literal that is read like the user's own.</summary>
    public bool HasLiteralDefault { get; init; }

    /// <summary>Smallest value, included; null where the kind has no range.</summary>
    public double? Min { get; init; }

    /// <summary>Largest value, included; null where the kind has no range.</summary>
    public double? Max { get; init; }

    /// <summary>Whether <see cref="Min"/> itself is refused.</summary>
    public bool AboveMin { get; init; }

    /// <summary>Whether <see cref="Max"/> itself is refused.</summary>
    public bool BelowMax { get; init; }

    /// <summary>The names of a <see cref="KeyKind.Choice"/>.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>Whether <c>none</c> is a value.</summary>
    public bool Optional { get; init; }

    /// <summary>Whether each run has its own: such a key can be swept, and a number can be an expression.</summary>
    public bool PerRun { get; init; }

    /// <summary>Whether a change makes another run (another id). Where data lies, how it is executed and fitted does not.</summary>
    public bool Identity { get; init; }

    /// <summary>The range or the choices, for messages and the reference.</summary>
    public string Allowed => Kind switch
    {
        KeyKind.Whole => $"a whole number from {Show.Number(Min!.Value)} to {Show.Number(Max!.Value)}{OrNone}",
        KeyKind.Real when double.IsPositiveInfinity(Max!.Value) => $"a number {(AboveMin ? "above" : "from")} {Show.Number(Min!.Value)}{OrNone}",
        KeyKind.Real => $"a number {(AboveMin ? "above" : "from")} {Show.Number(Min!.Value)} {(AboveMin == BelowMax ? BelowMax ? "and below" : "to" : BelowMax ? "and below" : "and at most")} {Show.Number(Max!.Value)}{OrNone}",
        KeyKind.Choice => Show.Choices(Choices),
        KeyKind.Flag => "true or false",
        KeyKind.Text => "text",
        KeyKind.TextList => "a text or a list of texts",
        _ => "see the key's description",
    };

    private string OrNone => Optional ? ", or none" : "";

    /// <summary>Whether a number is in the key's range.</summary>
    internal bool Contains(double value) =>
        (AboveMin ? value > Min : value >= Min) && (BelowMax ? value < Max : value <= Max);
}
