namespace Harness.Sweeps.Keys;

/// <summary>What a key of a sweep file holds.</summary>
public enum KeyKind
{
    /// <summary>A whole number: 12, 1e6, 100M, 10_000, 128Ki.</summary>
    Whole,

    /// <summary>A number: 0.003, 3e-3.</summary>
    Real,

    /// <summary>One of a few names.</summary>
    Choice,

    /// <summary>true or false.</summary>
    Flag,

    /// <summary>Free text.</summary>
    Text,

    /// <summary>One text or a list of them.</summary>
    TextList,

    /// <summary>Part of the <c>sweep</c> section, with a form of its own that <see cref="SweepKey.Doc"/> shows.</summary>
    Structure,
}
