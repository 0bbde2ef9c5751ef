using System.Globalization;
using Harness.Torch;
using Harness.Training.Measurement;

namespace Harness.Benchmarks.Twin;

/// <summary>
/// Times steps on demand, so that two programs can take turns on one machine: prints "ready", then for each line "N" one JSON list with the seconds of
/// N steps, and for "memory" the process's peak in bytes.
/// </summary>
internal static class StepServer
{
    public static void Serve(TwinShape shape, int threads, TextReader input, TextWriter output)
    {
        using var timer = new StepTimer(new StepBenchmarkRequest { Model = shape.Model, BatchRows = shape.Batch, Threads = threads });
        Say("ready");
        while (input.ReadLine() is { } line)
        {
            Say(line == "memory"
                ? $"{TorchExtensions.PeakMemoryBytes()}"
                : $"[{string.Join(", ", timer.Steps(int.Parse(line, CultureInfo.InvariantCulture)).Select(s => s.ToString("R", CultureInfo.InvariantCulture)))}]");
        }

        void Say(string text)
        {
            output.WriteLine(text);
            output.Flush();
        }
    }
}
