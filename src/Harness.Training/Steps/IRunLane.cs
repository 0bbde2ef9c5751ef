using Harness.Training.Data;
using Harness.Training.Models;
using static TorchSharp.torch;

namespace Harness.Training.Steps;

/// <summary>One run's place in an engine: its state, its rows of the batch. What a run saves, loads and reports goes through here, whether it trains alone or in a stack.</summary>
internal interface IRunLane
{
    /// <summary>Where each parameter lies in the flat tensors.</summary>
    ParameterLayout Layout { get; }

    /// <summary>Where the tensors live.</summary>
    Device Device { get; }

    /// <summary>How gradients are computed, for records.</summary>
    string PathName { get; }

    /// <summary>Runs that train together in this engine, this one included.</summary>
    int StackSize { get; }

    /// <summary>Sequences a batch of this run.</summary>
    int BatchRows { get; }

    /// <summary>fp32, [Layout.Length].</summary>
    Tensor Weights { get; }

    /// <summary>The gradient that the optimiser reads, fp32, [Layout.Length].</summary>
    Tensor Gradients { get; }

    /// <summary>AdamW's mean of the gradients, fp32, [Layout.Length].</summary>
    Tensor FirstMoment { get; }

    /// <summary>AdamW's mean of their squares, fp32, [Layout.Length].</summary>
    Tensor SecondMoment { get; }

    /// <summary>Sets the weights of a seed and forgets the moments.</summary>
    void Initialize(long seed);

    /// <summary>Follows a write to <see cref="Weights"/> from outside.</summary>
    void WeightsChanged();

    /// <summary>Reads one window of context + 1 tokens into a row of this run's batch.</summary>
    /// <exception cref="Harness.Core.Data.DataUnavailableException">A token is outside the vocabulary.</exception>
    void SetRow(int row, TokenSequence tokens, long offset);
}
