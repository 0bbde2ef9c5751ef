using System.Runtime.InteropServices;
using Harness.Core.Data;
using Harness.Training.Data;

namespace Harness.Benchmarks.Twin;

/// <summary>The built-in corpus as train.u16 and validation.u16: raw little-endian 16-bit tokens, for programs that are no harness.</summary>
internal static class TokenExport
{
    /// <summary>As in experiments/throughput/sweep.yaml.</summary>
    public static DataSpec Corpus { get; } = new() { Source = DataSource.DotnetDocs, Tokenizer = Tokenizer.Bytes, ValidationFraction = 0.05 };

    public static void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        using var tokens = new DataCatalog().Open(Corpus);
        Write(Path.Combine(folder, "train.u16"), tokens.Train);
        Write(Path.Combine(folder, "validation.u16"), tokens.Validation);
    }

    private static void Write(string path, TokenSequence tokens)
    {
        using var file = File.Create(path);
        var piece = new int[1 << 16];
        for (long at = 0; at < tokens.Length; at += piece.Length)
        {
            var some = piece.AsSpan(0, (int)Math.Min(piece.Length, tokens.Length - at));
            tokens.Read(at, some);
            file.Write(MemoryMarshal.AsBytes<ushort>(Array.ConvertAll(some.ToArray(), checked(t => (ushort)t))));
        }
    }
}
