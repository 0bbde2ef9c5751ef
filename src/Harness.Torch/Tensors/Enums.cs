namespace TorchSharp;

/// <summary>Where a tensor lives; the values are libtorch's.</summary>
public enum DeviceType
{
    /// <summary>The host.</summary>
    CPU = 0,

    /// <summary>An NVIDIA GPU.</summary>
    CUDA = 1,

    /// <summary>Shapes without data.</summary>
    META = 14,
}

/// <summary>How exact float32 matrix products must be.</summary>
public enum Float32MatmulPrecision
{
    /// <summary>Full float32.</summary>
    highest,

    /// <summary>TF32 or three bfloat16 products.</summary>
    high,

    /// <summary>bfloat16.</summary>
    medium,
}
