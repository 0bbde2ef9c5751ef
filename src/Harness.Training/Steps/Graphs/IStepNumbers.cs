using static TorchSharp.torch;

namespace Harness.Training.Steps.Graphs;

/// <summary>What the end of a step reads and writes of its tables, of one run or of S: the next numbers of every member, and what the step found. K steps.</summary>
internal interface IStepNumbers
{
    /// <summary>[K, S, 4]: of each member, the rate over the first moment's bias correction; 1 over the root of the second's; 1 - rate * decay; the number of the update, from 1.</summary>
    Tensor Rates { get; }

    /// <summary>Int64 [1]: the place of the step under way.</summary>
    Tensor Counter { get; }

    /// <summary>[K, S]: mean losses, nats a token.</summary>
    Tensor Losses { get; }

    /// <summary>[K, S]: global L2 norms of the gradients before clipping.</summary>
    Tensor Norms { get; }

    /// <summary>[S, 2]: the factor on the gradient of the step under way; 1 until a loss or norm isn't finite, then 0 for good.</summary>
    Tensor State { get; }
}
