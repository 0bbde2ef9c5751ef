using System.Diagnostics.CodeAnalysis;
using Harness.Torch.Interop;

namespace TorchSharp;

/// <summary>A number as an argument of an operation: numbers convert to it by themselves.</summary>
/// <remarks>Integers, floating-point numbers and booleans stay apart, because libtorch's type promotion depends on it.</remarks>
[SuppressMessage("Usage", "CA2225", Justification = "TorchSharp's conversions have no named alternates.")]
public sealed class Scalar : IDisposable
{
    private Scalar(long bits, long kind) => Value = new NativeScalar(bits, kind);

    internal NativeScalar Value { get; }

    /// <summary>A floating-point scalar.</summary>
    public static implicit operator Scalar(double value) => new(BitConverter.DoubleToInt64Bits(value), 0);

    /// <summary>A floating-point scalar.</summary>
    public static implicit operator Scalar(float value) => (double)value;

    /// <summary>A floating-point scalar.</summary>
    public static implicit operator Scalar(Half value) => (double)value;

    /// <summary>An integer scalar.</summary>
    public static implicit operator Scalar(long value) => new(value, 1);

    /// <summary>An integer scalar.</summary>
    public static implicit operator Scalar(int value) => new(value, 1);

    /// <summary>An integer scalar.</summary>
    public static implicit operator Scalar(short value) => new(value, 1);

    /// <summary>An integer scalar.</summary>
    public static implicit operator Scalar(byte value) => new(value, 1);

    /// <summary>An integer scalar.</summary>
    public static implicit operator Scalar(sbyte value) => new(value, 1);

    /// <summary>A boolean scalar.</summary>
    public static implicit operator Scalar(bool value) => new(value ? 1 : 0, 2);

    /// <summary>Nothing to do: this scalar holds no native memory. Here for TorchSharp's signature.</summary>
    public void Dispose()
    {
    }
}
