using System.Diagnostics.CodeAnalysis;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>The type of a tensor's elements; the values are libtorch's.</summary>
    [SuppressMessage("Design", "CA1028", Justification = "TorchSharp's enumeration is an sbyte.")]
    public enum ScalarType : sbyte
    {
        /// <summary>Unsigned 8-bit integer.</summary>
        Byte = 0,

        /// <summary>Signed 8-bit integer.</summary>
        Int8 = 1,

        /// <summary>Signed 16-bit integer.</summary>
        Int16 = 2,

        /// <summary>Signed 32-bit integer.</summary>
        Int32 = 3,

        /// <summary>Signed 64-bit integer; indices and targets have this type.</summary>
        Int64 = 4,

        /// <summary>IEEE half precision: 5 bits of exponent, 10 of mantissa.</summary>
        Float16 = 5,

        /// <summary>IEEE single precision, the default.</summary>
        Float32 = 6,

        /// <summary>IEEE double precision.</summary>
        Float64 = 7,

        /// <summary>A pair of Float32.</summary>
        ComplexFloat32 = 9,

        /// <summary>A pair of Float64.</summary>
        ComplexFloat64 = 10,

        /// <summary>Boolean, one byte.</summary>
        Bool = 11,

        /// <summary>The upper half of a Float32: 8 bits of exponent, 7 of mantissa.</summary>
        BFloat16 = 15,
    }

    /// <summary>Unsigned 8-bit integer.</summary>
    public static readonly ScalarType @byte = ScalarType.Byte;

    /// <summary>Unsigned 8-bit integer.</summary>
    public static readonly ScalarType uint8 = ScalarType.Byte;

    /// <summary>Signed 8-bit integer.</summary>
    public static readonly ScalarType int8 = ScalarType.Int8;

    /// <summary>Signed 16-bit integer.</summary>
    public static readonly ScalarType int16 = ScalarType.Int16;

    /// <summary>Signed 32-bit integer.</summary>
    public static readonly ScalarType int32 = ScalarType.Int32;

    /// <summary>Signed 64-bit integer.</summary>
    public static readonly ScalarType int64 = ScalarType.Int64;

    /// <summary>Half precision.</summary>
    public static readonly ScalarType float16 = ScalarType.Float16;

    /// <summary>Single precision.</summary>
    public static readonly ScalarType float32 = ScalarType.Float32;

    /// <summary>Double precision.</summary>
    public static readonly ScalarType float64 = ScalarType.Float64;

    /// <summary>The upper half of a float32.</summary>
    public static readonly ScalarType bfloat16 = ScalarType.BFloat16;

    /// <summary>Boolean.</summary>
    public static readonly ScalarType @bool = ScalarType.Bool;
}
