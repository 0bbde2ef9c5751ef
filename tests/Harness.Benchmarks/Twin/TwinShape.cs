using System.Globalization;
using Harness.Core.Models;

namespace Harness.Benchmarks.Twin;

/// <summary>A byte-level GPT-2-style model and its batch, as the benchmarks name them: five numbers.</summary>
internal sealed record TwinShape(int Layers, int Width, int Heads, int Batch, int Context)
{
    /// <summary>The three sizes of the README and of experiments/throughput.</summary>
    public static IReadOnlyList<TwinShape> Sizes { get; } = [new(2, 64, 4, 16, 128), new(4, 128, 4, 8, 256), new(6, 256, 8, 8, 256)];

    public string Name => string.Create(CultureInfo.InvariantCulture, $"d{Width} L{Layers} B{Batch} T{Context}");

    public ModelSpec Model => Models.Gpt2(Layers, Width, Heads, Context);

    /// <exception cref="FormatException">Not five numbers.</exception>
    public static TwinShape Parse(string[] numbers) => numbers.Length == 5
        ? new(Number(numbers[0]), Number(numbers[1]), Number(numbers[2]), Number(numbers[3]), Number(numbers[4]))
        : throw new FormatException("a shape is LAYERS WIDTH HEADS BATCH CONTEXT, for example 2 64 4 16 128");

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
