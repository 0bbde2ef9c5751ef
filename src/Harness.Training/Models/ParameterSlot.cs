namespace Harness.Training.Models;

/// <summary>One parameter's place in the flat tensor.</summary>
/// <param name="Name">Unique, as in checkpoints, for example <c>blocks.0.attention.qkv.weight</c>.</param>
/// <param name="Role">What it is for.</param>
/// <param name="Group">How it is optimised.</param>
/// <param name="Rows">Output units of a matrix <c>[rows, columns]</c> (y = x W^T); the length of a vector.</param>
/// <param name="Columns">Input units of a matrix; null for a vector.</param>
/// <param name="Offset">First element in the flat tensor, a multiple of <see cref="ParameterLayout.Alignment"/>.</param>
/// <param name="InitialStd">Standard deviation of the initial gaussian; 0 means constant.</param>
/// <param name="InitialValue">Mean of the initial values: 1 for gains, else 0.</param>
public sealed record ParameterSlot(
    string Name, ParameterRole Role, ParameterGroup Group, int Rows, int? Columns, long Offset, double InitialStd, double InitialValue)
{
    /// <summary>Elements.</summary>
    public long Length => checked((long)Rows * (Columns ?? 1));

    /// <summary>One or two extents.</summary>
    public long[] Shape => Columns is { } columns ? [Rows, columns] : [Rows];
}
