using Harness.Benchmarks.Twin;
using Harness.Training.Measurement;

namespace Harness.Benchmarks.Tables;

/// <summary>Whole training steps at the README's three sizes, written out and under autograd, on one and two threads.</summary>
internal static class StepTable
{
    public static void Print()
    {
        Console.WriteLine("training step        threads  path            tokens/s    GFLOP/s  of peak   median ms (min to max)");
        foreach (var shape in TwinShape.Sizes)
        {
            foreach (var (threads, plain) in ((int, bool)[])[(1, false), (1, true), (2, false), (2, true)])
            {
                if (threads > Environment.ProcessorCount)
                {
                    continue;
                }

                var r = StepBenchmark.Run(new StepBenchmarkRequest
                {
                    Model = shape.Model,
                    BatchRows = shape.Batch,
                    Steps = shape.Width >= 256 ? 10 : 40,
                    Threads = threads,
                    Plain = plain,
                });
                Console.WriteLine($"{shape.Name,-20} {threads,7}  {(plain ? "autograd" : "written out"),-12} {r.TokensPerSecond,11:F0} {r.Gigaflops,10:F1} {r.ShareOfPeak,8:P0}   {1000 * r.StepSecondsMedian:F1} ({1000 * r.StepSecondsMin:F1} to {1000 * r.StepSecondsMax:F1})");
            }
        }
    }
}
