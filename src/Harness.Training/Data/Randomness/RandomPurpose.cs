namespace Harness.Training.Data.Randomness;

/// <summary>What random bits are for: the high half of the counter, so that uses of one seed are unrelated. Values are part of the data's identity.</summary>
internal static class RandomPurpose
{
    /// <summary>The order of windows within an epoch.</summary>
    public const ulong EpochOrder = 1;

    /// <summary>Where an epoch's first window begins.</summary>
    public const ulong EpochOffset = 2;

    /// <summary>Which symbol has which rank in a synthetic source.</summary>
    public const ulong SymbolRanks = 3;

    /// <summary>The training draws of a synthetic source.</summary>
    public const ulong SyntheticTrain = 4;

    /// <summary>The held-out draws of a synthetic source.</summary>
    public const ulong SyntheticValidation = 5;

    /// <summary>The order of documents in the built-in corpus.</summary>
    public const ulong DocumentOrder = 6;
}
