using static TorchSharp.torch;

namespace Harness.Training.Steps.Graphs;

/// <summary>Loss and gradient without the host: nothing is read, shapes are fixed, what is allocated is given back before the call ends.</summary>
internal interface IDeviceGradients : IDisposable
{
    /// <summary>What computes, for records.</summary>
    string Name { get; }

    /// <summary>Adds <paramref name="share"/> times the gradient of the mean loss to the flat gradient, and that share of the loss to <paramref name="loss_S"/>; of every member by itself, in a stack.</summary>
    /// <param name="inputs_BT">Int64 on the device, contiguous; of a stack, as many rows of each of its S members behind one another.</param>
    /// <param name="targets_BT">Int64 on the device, contiguous.</param>
    /// <param name="share">This micro-batch's part of the batch, in (0, 1].</param>
    /// <param name="loss_S">One fp32 number a member on the device.</param>
    void Accumulate(Tensor inputs_BT, Tensor targets_BT, double share, Tensor loss_S);
}

/// <summary>The end of a step without the host, of one run or of every member of a stack: norm, judgement, clipping, AdamW, the bf16 shadow.</summary>
internal interface IDeviceUpdate : IDisposable
{
    /// <summary>What computes, for records.</summary>
    string Name { get; }

    /// <summary>Writes losses and norms to the tables' place of this step, and updates the members of which none of them, nor of an earlier step, wasn't finite.</summary>
    /// <param name="tables">This step's numbers.</param>
    /// <param name="loss_S">One fp32 number a member.</param>
    void Apply(StepTables tables, Tensor loss_S);
}
