using Harness.Core.Models;
using Harness.Core.Training;

namespace Harness.Training.Measurement.Twins;

/// <summary>How the harness's half of a comparison runs its steps.</summary>
public enum TwinArm
{
    /// <summary>Autograd and tensor operations, each step driven by the host.</summary>
    Eager,

    /// <summary>The fastest there is: on a GPU fused kernels in a CUDA graph, on a CPU the same step eagerly.</summary>
    Graph,

    /// <summary>Several models as one batched model.</summary>
    Stack,
}

/// <summary>One side of a comparison with another program: the model's shape and how it is trained.</summary>
public sealed record TwinRequest
{
    /// <summary>The model.</summary>
    public required ModelSpec Model { get; init; }

    /// <summary>Sequences a step.</summary>
    public required int BatchRows { get; init; }

    /// <summary>Sequences a forward pass; null chooses.</summary>
    public int? MicroRows { get; init; }

    /// <summary><c>cpu</c> or <c>cuda:K</c>.</summary>
    public required string Device { get; init; }

    /// <summary>Number format.</summary>
    public Precision Precision { get; init; }

    /// <summary>How steps are run.</summary>
    public TwinArm Arm { get; init; } = TwinArm.Graph;

    /// <summary>Models of a <see cref="TwinArm.Stack"/>.</summary>
    public int Members { get; init; } = 8;

    /// <summary>Learning rate of every step.</summary>
    public double LearningRate { get; init; } = 1e-4;
}
