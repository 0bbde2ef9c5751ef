using Harness.Training.Data.Randomness;

namespace Harness.Training.Data;

/// <summary>
/// Which windows of the training tokens each step sees: a pure function of (seed, step, row), so that it is the same after a restart,
/// for every micro-batch size and on every device, and jumping to a step costs nothing.
/// <list type="bullet">
/// <item>A window is context + 1 tokens: inputs are the first context of them, targets the last. Neighbouring windows share one token,
/// so that every token but the epoch's first is a target once.</item>
/// <item>Within an epoch each window is drawn exactly once, in an order of its own (a keyed permutation).</item>
/// <item>Each epoch cuts the tokens at a random phase in [0, context), so that windows don't always begin at multiples of the context.
/// The phase leaves out fewer than 2 context tokens an epoch, other ones each time.</item>
/// <item>Batches run on across the border of two epochs: a step may hold the last windows of one and the first of the next.</item>
/// </list>
/// </summary>
public sealed class BatchOrder
{
    private readonly ulong _seed;
    private readonly long _phases;

    /// <summary>The order for one run.</summary>
    /// <param name="trainTokens">Tokens to draw from, at least context + 1.</param>
    /// <param name="contextLength">Tokens a row, T, at least 1.</param>
    /// <param name="rows">Windows a step, B (the whole batch, not the micro-batch), at least 1.</param>
    /// <param name="seed">The data seed; runs with the same seed, tokens, context and batch see the same data in the same order.</param>
    /// <exception cref="ArgumentOutOfRangeException">A count is too small.</exception>
    public BatchOrder(long trainTokens, int contextLength, int rows, long seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(contextLength, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(trainTokens, contextLength);
        ContextLength = contextLength;
        Rows = rows;
        WindowsPerEpoch = Math.Max(1, trainTokens / contextLength - 1);
        _phases = Math.Min(contextLength, trainTokens - WindowsPerEpoch * contextLength);
        _seed = (ulong)seed;
    }

    /// <summary>Tokens a row that are predicted, T; a window holds one more.</summary>
    public int ContextLength { get; }

    /// <summary>Windows a step, B.</summary>
    public int Rows { get; }

    /// <summary>Windows drawn before one repeats.</summary>
    public long WindowsPerEpoch { get; }

    /// <summary>Where a row's window begins in the training tokens; it holds <see cref="ContextLength"/> + 1 tokens from there.</summary>
    /// <param name="step">0-based optimizer step.</param>
    /// <param name="row">0-based row of the whole batch, below <see cref="Rows"/>.</param>
    public long OffsetOf(long step, int row)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Rows);
        var (epoch, place) = Math.DivRem(checked(step * Rows + row), WindowsPerEpoch);
        var window = new KeyedPermutation(WindowsPerEpoch, Philox.At(_seed, (ulong)epoch, RandomPurpose.EpochOrder).Low)[place];
        var phase = Philox.Below(Philox.At(_seed, (ulong)epoch, RandomPurpose.EpochOffset).Low, _phases);
        return phase + window * ContextLength;
    }

    /// <summary>Epochs begun before a step ends, from 0.0: the step's last window over <see cref="WindowsPerEpoch"/>.</summary>
    /// <param name="step">0-based optimizer step.</param>
    public double EpochsAfter(long step) => checked((step + 1) * (double)Rows) / WindowsPerEpoch;
}
