using System.Security.Cryptography;
using Harness.Torch;
using static TorchSharp.torch;

namespace Harness.Training.Runs;

/// <summary>SHA-256 over the flat weights (fp32, little-endian, gaps included), in lower-case hex: equal for equal bits.</summary>
internal static class WeightsHash
{
    /// <summary>The hash of one run's weights.</summary>
    public static string Of(Tensor weights)
    {
        using var hash = SHA256.Create();
        using (var stream = new CryptoStream(Stream.Null, hash, CryptoStreamMode.Write))
        {
            TorchExtensions.WriteTo(stream, weights);
        }

        return Convert.ToHexStringLower(hash.Hash!);
    }
}
