using System.Security.Cryptography;
using Harness.Torch;
using Harness.Training.Models;

namespace Harness.Training.Runs;

/// <summary>SHA-256 over the flat weights (fp32, little-endian, gaps included), in lower-case hex: equal for equal bits.</summary>
internal static class WeightsHash
{
    /// <summary>The hash of some parameters.</summary>
    public static string Of(FlatParameters parameters)
    {
        using var hash = SHA256.Create();
        using (var stream = new CryptoStream(Stream.Null, hash, CryptoStreamMode.Write))
        {
            TorchExtensions.WriteTo(stream, parameters.Weights);
        }

        return Convert.ToHexStringLower(hash.Hash!);
    }
}
