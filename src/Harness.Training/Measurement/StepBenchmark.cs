using System.Text.Json.Serialization;
using Harness.Core.Models;
using Harness.Core.Training;
using Harness.Torch;
using Harness.Training.Runs;
using Harness.Training.Steps;

namespace Harness.Training.Measurement;

/// <summary>What <c>harness bench</c> measures.</summary>
public sealed record StepBenchmarkRequest
{
    /// <summary>The model.</summary>
    public required ModelSpec Model { get; init; }

    /// <summary>Sequences a step, at least 1.</summary>
    public required int BatchRows { get; init; }

    /// <summary>Sequences a forward pass; null chooses as a run would.</summary>
    public int? MicroRows { get; init; }

    /// <summary>Steps timed, after <see cref="WarmupSteps"/>; at least 1.</summary>
    public int Steps { get; init; } = 30;

    /// <summary>Steps before the clock counts.</summary>
    public int WarmupSteps { get; init; } = 3;

    /// <summary>CPU threads.</summary>
    public int Threads { get; init; } = 1;

    /// <summary><c>cpu</c> or <c>cuda:K</c>.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Number format.</summary>
    public Precision Precision { get; init; } = Precision.Fp32;

    /// <summary>Whether to take the plain path under autograd even where there is a faster one.</summary>
    public bool Plain { get; init; }

    /// <summary>Which step; <see cref="Plain"/> unless tests say otherwise.</summary>
    internal StepPath? Path { get; init; }
}

/// <summary>What was measured; one JSON object with these names.</summary>
public sealed record StepBenchmarkResult
{
    /// <summary>Trained tokens a second, from the median step.</summary>
    [JsonPropertyName("tokens_per_second")]
    public required double TokensPerSecond { get; init; }

    /// <summary>Seconds of the median step.</summary>
    [JsonPropertyName("step_seconds_median")]
    public required double StepSecondsMedian { get; init; }

    /// <summary>Seconds of the quickest step.</summary>
    [JsonPropertyName("step_seconds_min")]
    public required double StepSecondsMin { get; init; }

    /// <summary>Seconds of the slowest step.</summary>
    [JsonPropertyName("step_seconds_max")]
    public required double StepSecondsMax { get; init; }

    /// <summary>10^9 model FLOPs a second (Kaplan's count with attention), from the median step.</summary>
    [JsonPropertyName("gflops")]
    public required double Gigaflops { get; init; }

    /// <summary><see cref="Gigaflops"/> over the measured peak of a matrix product on this device with these threads.</summary>
    [JsonPropertyName("share_of_peak")]
    public required double ShareOfPeak { get; init; }

    /// <summary><see cref="Gigaflops"/> over the peak that the device's maker declares; null for devices without such a figure.</summary>
    [JsonPropertyName("share_of_declared_peak")]
    public required double? ShareOfDeclaredPeak { get; init; }

    /// <summary>Kernels that a step launches, counted in its graph; null where there is none (a CPU, or steps that are not captured).</summary>
    [JsonPropertyName("kernels_per_step")]
    public required long? KernelsPerStep { get; init; }

    /// <summary>10^9 bytes a second that a device's step passes over (<see cref="DeviceTraffic"/>), from the median step; null on a CPU, whose step is another.</summary>
    [JsonPropertyName("gigabytes_per_second")]
    public required double? GigabytesPerSecond { get; init; }

    /// <summary>Largest memory of the process (CPU) or of the allocator (GPU), bytes; null where unknown.</summary>
    [JsonPropertyName("peak_memory_bytes")]
    public required long? PeakMemoryBytes { get; init; }

    /// <summary>The device.</summary>
    [JsonPropertyName("device")]
    public required string Device { get; init; }

    /// <summary>Provider, libtorch's version and path.</summary>
    [JsonPropertyName("engine")]
    public required string Engine { get; init; }

    /// <summary>Trainable parameters without embeddings and head.</summary>
    [JsonPropertyName("non_embedding_params")]
    public required long NonEmbeddingParameters { get; init; }

    /// <summary>Tokens a step.</summary>
    [JsonPropertyName("batch_tokens")]
    public required int BatchTokens { get; init; }

    /// <summary>CPU threads.</summary>
    [JsonPropertyName("threads")]
    public required int Threads { get; init; }
}

/// <summary>Times whole training steps (forward, backward, clip, update) of a model on random tokens.</summary>
public static class StepBenchmark
{
    /// <summary>Measures.</summary>
    /// <exception cref="Harness.Core.Runs.RunFailedException">There is no such device.</exception>
    public static StepBenchmarkResult Run(StepBenchmarkRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentOutOfRangeException.ThrowIfLessThan(request.Steps, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(request.BatchRows, 1);
        using var timer = new StepTimer(request);
        timer.Steps(request.WarmupSteps);
        var seconds = timer.Steps(request.Steps);
        seconds.Sort();
        var median = (seconds[(seconds.Count - 1) / 2] + seconds[seconds.Count / 2]) / 2;
        var batchTokens = request.BatchRows * request.Model.ContextLength;
        var speed = batchTokens / median;
        var flops = speed * FlopsPerToken.Of(request.Model).Kaplan;
        var peakMemory = DeviceMemory.Peak(timer.Device);
        var onGpu = timer.Device.type == TorchSharp.DeviceType.CUDA;
        return new StepBenchmarkResult
        {
            TokensPerSecond = speed,
            StepSecondsMedian = median,
            StepSecondsMin = seconds[0],
            StepSecondsMax = seconds[^1],
            Gigaflops = flops / 1e9,
            ShareOfPeak = flops / MatmulPeak.FlopsPerSecond(timer.Device, MatmulPeak.TypeOf(request.Precision)),
            ShareOfDeclaredPeak = flops / DeclaredPeak.FlopsPerSecond(DeviceName.Of(timer.Device), request.Precision),
            KernelsPerStep = timer.KernelsPerStep,
            GigabytesPerSecond = onGpu ? DeviceTraffic.BytesPerStep(request.Model, batchTokens, request.Precision == Precision.Bf16) / median / 1e9 : null,
            PeakMemoryBytes = peakMemory,
            Device = request.Device,
            Engine = $"{TorchExtensions.Capabilities.Provider} {TorchExtensions.Capabilities.LibtorchVersion}, {timer.PathName}",
            NonEmbeddingParameters = ParameterCounts.Of(request.Model).NonEmbedding,
            BatchTokens = batchTokens,
            Threads = request.Threads,
        };
    }
}
