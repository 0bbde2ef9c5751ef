using Harness.Core.Training;

namespace Harness.Core.Models;

/// <summary>
/// FLOP/s that a GPU's maker declares for dense matrix products: what publications divide by when they say model FLOPs utilisation. From NVIDIA's data sheets, without structured
/// sparsity, at the full power limit; a card that is limited further never gets there.
/// </summary>
public static class DeclaredPeak
{
    // The data sheet "NVIDIA H100 Tensor Core GPU" gives bf16 with sparsity, 1979 (SXM) and 1513 (PCIe), of which half is dense, and 67 and 51 of fp32; that of the H200 the
    // SXM's figures again; "NVIDIA A100 Tensor Core GPU" 312 dense and 19.5. H100 and A100 checked against Lightning's table (fabric/utilities/throughput.py), which quotes the sheets. What
    // could not be checked has no figure, and stands here only because its name contains another's.
    private static readonly (string Name, double? Bf16, double? Fp32)[] Known =
    [
        ("H100 NVL", null, null),
        ("H200 NVL", null, null),
        ("H100 PCIe", 756e12, 51e12),
        ("H100", 989e12, 67e12),
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
