using Harness.Core.Models;

namespace Harness.Benchmarks;

/// <summary>What is timed.</summary>
internal static class Models
{
    /// <summary>A byte-level GPT-2.</summary>
    public static ModelSpec Gpt2(int layers, int dim, int heads, int context) => ModelFamily.Gpt2.Model(layers, dim, heads, context, 256);
}
