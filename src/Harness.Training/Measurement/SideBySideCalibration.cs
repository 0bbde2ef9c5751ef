using System.Runtime.ExceptionServices;
using Harness.Core.Runs;
using Harness.Torch;
using Harness.Training.Data;
using Harness.Training.Runs;
using Harness.Training.Steps;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Training.Measurement;

/// <summary>Times steps of several runs at the same time, each on a thread with an engine and, on a GPU, a stream of its own, as a worker's lanes are.</summary>
internal static class SideBySideCalibration
{
    /// <summary>Seconds of steps that are timed; enough for some hundreds of a small model's.</summary>
    private const double Patience = 0.25;

    private const int MostSteps = 256;

    /// <summary>Steps of a first look.</summary>
    private const int Few = 4;

    /// <summary>Seconds in which each of several equal runs takes a step, all at once.</summary>
    /// <param name="spec">A run.</param>
    /// <param name="settings">How it would be trained.</param>
    /// <param name="device">Where.</param>
    /// <param name="runs">At least 1.</param>
    /// <param name="path">Which step runs have.</param>
    /// <param name="tokens">Their data.</param>
    public static double SecondsPerStep(RunSpec spec, ExecutionSettings settings, Device device, int runs, StepPath path, TokenStream tokens)
    {
        using var start = new Barrier(runs + 1);
        var seconds = new double[runs];
        var failures = new Exception?[runs];
        var steps = 0;
        var threads = Enumerable.Range(0, runs).Select(i => new Thread(() => Run(i)) { Name = $"calibration {i}" }).ToList();
        threads.ForEach(t => t.Start());
        start.SignalAndWait(); // everyone has an engine and knows a step's time, or has failed
        steps = failures.Any(f => f is not null) ? 0 : (int)Math.Clamp(Patience / seconds.Max(), 1, MostSteps);
        start.SignalAndWait();
        threads.ForEach(t => t.Join());
        if ((failures.FirstOrDefault(f => f is not null && OutOfMemory.Is(f)) ?? failures.FirstOrDefault(f => f is not null)) is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        return seconds.Max();

        void Run(int index)
        {
            var signals = 2;
            try
            {
                using var scope = NewDisposeScope();
                _ = TrainingDevice.Open(settings.Device);
                set_num_threads(settings.Threads);
                using var stream = device.type == DeviceType.CUDA ? TorchExtensions.NewStream(device.index)?.Invoke() : null;
                using var engine = EngineCache.Make(
                    spec.Model, [spec.Training.Optimizer], spec.Training.Precision, device, spec.Training.BatchTokens / spec.Model.ContextLength, settings.MicroBatchSequences,
                    batched: false, path);
                var steady = new SteadySteps(engine, spec, tokens);
                steady.Take(SteadySteps.WarmUp);
                seconds[index] = steady.Take(Few) / Few;
                Signal();
                Signal();
                seconds[index] = steps == 0 ? 0 : steady.Take(steps) / steps;
            }
            catch (Exception e) // thrown again where the calibration was asked for
            {
                failures[index] = e;
            }
            finally
            {
                while (signals > 0)
                {
                    Signal();
                }
            }

            void Signal()
            {
                signals--;
                start.SignalAndWait();
            }
        }
    }
}
