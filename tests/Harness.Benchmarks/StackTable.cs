using System.Globalization;
using Harness.Training.Measurement;

namespace Harness.Benchmarks;

/// <summary>
/// What training runs of one model together brings on this CPU, one thread: the batched model against one run after another, each by autograd and by the written-out step.
/// Last columns: the whole batch in one pass instead of cache-sized micro-batches, for the written-out step (all that a batched form of it could save in calls), autograd, and
/// the batched model of 8.
/// </summary>
internal static class StackTable
{
    private const int Rounds = 3;

    public static void Print()
    {
        Console.WriteLine();
        Console.WriteLine("stacks, one thread, ms a step of one run (median)   written out   autograd | together: 2       4       8 | times the steps a second, best stack: of autograd  of written out | whole batch in one pass: written out, autograd, 8 together");
        foreach (var (name, layers, dim, heads, batch, context) in ((string, int, int, int, int, int)[])
            [("d16 L1 B8 T128", 1, 16, 1, 8, 128), ("d32 L2 B8 T128", 2, 32, 2, 8, 128), ("d64 L2 B16 T128", 2, 64, 4, 16, 128), ("d128 L4 B8 T256", 4, 128, 4, 8, 256)])
        {
            var model = Models.Gpt2(layers, dim, heads, context);
            int[] members = [2, 4, 8];
            var times = new List<double>[5 + members.Length];
            for (var i = 0; i < times.Length; i++)
            {
                times[i] = [];
            }

            // There and back, so that a machine that warms up or slows down does so for every column.
            for (var round = 0; round < Rounds; round++)
            {
                foreach (var i in round % 2 == 0 ? Enumerable.Range(0, times.Length) : Enumerable.Range(0, times.Length).Reverse())
                {
                    times[i].AddRange(i switch
                    {
                        0 => StackBenchmark.Seconds(model, batch, 1, plain: false),
                        1 => StackBenchmark.Seconds(model, batch, 1, plain: true),
                        2 => StackBenchmark.Seconds(model, batch, 1, plain: false, microRows: batch),
                        6 => StackBenchmark.Seconds(model, batch, 1, plain: true, microRows: batch),
                        7 => StackBenchmark.Seconds(model, batch, 8, plain: true, microRows: batch).Select(s => s / 8),
                        _ => StackBenchmark.Seconds(model, batch, members[i - 3], plain: true).Select(s => s / members[i - 3]),
                    });
                }
            }

            var median = times.Select(t => 1000 * t.Order().ElementAt(t.Count / 2)).ToArray();
            var best = Math.Min(median[3..6].Min(), median[7]);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{name,-50} {median[0],12:F2} {median[1],10:F2} | {median[3],11:F2} {median[4],7:F2} {median[5],7:F2} | {Math.Min(median[1], median[6]) / best,53:F2} {median[0] / best,15:F2} | {median[2],10:F2} {median[6],10:F2} {median[7],10:F2}"));
        }
    }
}
