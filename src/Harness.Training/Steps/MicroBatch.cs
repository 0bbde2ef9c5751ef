using Harness.Core.Models;

namespace Harness.Training.Steps;

/// <summary>How many sequences go through the model at once, where the user doesn't say: a pure function of the model, so that bits repeat.</summary>
public static class MicroBatch
{
    private const double CpuActivationBytes = 1L << 30;

    /// <summary>
    /// Tokens at once on a CPU, as a multiple of the width. Fewer keep activations in the cache (d64 and d128 gain up to a fifth over the whole batch of
    /// 2048 tokens), but each micro-batch passes over the weight gradients once more (d256 loses 5 to 8 % with 512 or 1024 tokens instead of 2048).
    /// </summary>
    private const int CpuTokensPerUnit = 8;

    private const double CudaActivationBytes = 16.0 * (1L << 30);

    /// <summary>
    /// The largest number of sequences that divides the batch and whose activations fit a budget (1 GiB on a CPU, 16 GiB on a GPU); on a CPU also at most
    /// 8 d_model tokens, so that they stay in the cache.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="batchRows">Sequences a batch.</param>
    /// <param name="onCpu">Whether the device is the CPU.</param>
    /// <param name="members">Models of a stack, which share the budget.</param>
    /// <param name="threads">CPU threads, which share a micro-batch by its sequences: each has its own caches.</param>
    /// <returns>Sequences of each model, 1 to <paramref name="batchRows"/>.</returns>
    public static int Rows(ModelSpec model, int batchRows, bool onCpu, int members = 1, int threads = 1)
    {
        if (!onCpu && members == 1)
        {
            return DeviceFootprint.MicroBatch(model, batchRows);
        }

        var fit = (onCpu ? CpuActivationBytes : CudaActivationBytes) / ActivationBytesPerSequence(model);
        if (onCpu)
        {
            fit = Math.Min(fit, threads * Math.Max(1, CpuTokensPerUnit * (double)model.ModelDim / model.ContextLength));
        }

        var rows = (int)Math.Clamp(fit / members, 1, batchRows);
        while (batchRows % rows != 0)
        {
            rows--;
        }

        return rows;
    }

    /// <summary>Bytes that one sequence's forward pass keeps for the backward pass under autograd, in fp32.</summary>
    public static double ActivationBytesPerSequence(ModelSpec model)
    {
        ArgumentNullException.ThrowIfNull(model);
        double t = model.ContextLength, d = model.ModelDim, f = model.FeedForwardDim, h = model.HeadCount;
        var feedForward = model.Activation == Activation.SwiGlu ? 5 * f : 2 * f;
        // A block keeps two norms' inputs and outputs, queries, keys, values and their head-major copies, two branches; scores, mask and softmax.
        var block = t * (14 * d + feedForward) + 3 * h * t * t;
        return 4 * (model.LayerCount * block + t * (3 * d + 3.0 * model.VocabularySize));
    }
}
