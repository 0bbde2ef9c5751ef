using System.Diagnostics;
using Harness.Torch;
using static TorchSharp.torch;

namespace Harness.Benchmarks.Tables;

/// <summary>The matrix products of a step, ours against the BLAS that libtorch loaded: forward (x W^T), by the input (dy W) and by the weights (dy^T x).</summary>
internal static class ProductTable
{
    public static void Print()
    {
        Console.WriteLine("GFLOP/s on one thread, best of several     forward: ours    BLAS   by input: ours    BLAS   by weights: ours    BLAS");
        set_num_threads(1);
        foreach (var (tokens, width) in ((int, int)[])[(512, 64), (1024, 128), (2048, 256)])
        {
            foreach (var (name, columns, rows) in ((string, int, int)[])[("qkv", width, 3 * width), ("hidden", width, 4 * width), ("output", 4 * width, width)])
            {
                using var scope = NewDisposeScope();
                Tensor x = ones(tokens, columns), w = ones(rows, columns), y = ones(tokens, rows), dx = ones(tokens, columns), dw = ones(rows, columns);
                var flops = 2.0 * tokens * columns * rows;
                double Speed(Action product) => flops / Best(product, flops) / 1e9;
                Console.WriteLine(
                    $"d{width} {name,-7} {tokens} x {columns} x {rows,-14}{Speed(() => CpuKernels.Multiply(y, x, false, w, true)),21:F0}{Speed(() => CpuKernels.BlasMultiply(y, x, false, w, true)),8:F0}"
                    + $"{Speed(() => CpuKernels.Multiply(dx, y, false, w, false)),17:F0}{Speed(() => CpuKernels.BlasMultiply(dx, y, false, w, false)),8:F0}"
                    + $"{Speed(() => CpuKernels.Multiply(dw, y, true, x, false, accumulate: true)),19:F0}{Speed(() => CpuKernels.BlasMultiply(dw, y, true, x, false, beta: 1)),8:F0}");
            }
        }
    }

    private static double Best(Action product, double flops)
    {
        var best = double.PositiveInfinity;
        for (var i = 0; i < Math.Max(5, 2e9 / flops); i++)
        {
            var start = Stopwatch.GetTimestamp();
            product();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }
}
