using Harness.Core.Training;

namespace Harness.Core.Models;

/// <summary>
/// FLOP/s that a GPU's maker declares for dense matrix products: what publications divide by when they say model FLOPs utilisation. From NVIDIA's data sheets, without structured
/// sparsity, at the full power limit; a card that is limited further never gets there.
/// </summary>
public static class DeclaredPeak
{
    // From the data sheets "NVIDIA H100 Tensor Core GPU" and "NVIDIA H200 Tensor Core GPU", which give bf16 with sparsity (SXM 1979, PCIe 1513, NVL 1671): half of it is dense;
    // "NVIDIA A100 Tensor Core GPU" gives 312 dense. The more particular name first.
    private static readonly (string Name, double Bf16, double Fp32)[] Known =
    [
        ("H100 PCIe", 756e12, 51e12),
        ("H100 NVL", 835e12, 60e12),
        ("H100", 989e12, 67e12),
        ("H200 NVL", 835e12, 60e12),
        ("H200", 989e12, 67e12),
        ("A100", 312e12, 19.5e12),
    ];

    /// <summary>FLOP/s of a device in a number format; null for devices that are not in the table.</summary>
    /// <param name="deviceName">As the driver says it, for example <c>NVIDIA H100 80GB HBM3</c>.</param>
    /// <param name="precision">fp32 counts without TF32.</param>
    public static double? FlopsPerSecond(string? deviceName, Precision precision)
    {
        var words = deviceName?.Split(' ', '-') ?? [];
        if (words.Contains("MIG", StringComparer.Ordinal))
        {
            return null; // a slice of a card
        }

        foreach (var (name, bf16, fp32) in Known)
        {
            if (name.Split(' ').All(words.Contains))
            {
                return precision == Precision.Bf16 ? bf16 : fp32;
            }
        }

        return null;
    }
}
