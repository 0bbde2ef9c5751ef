namespace Harness.Scaling;

/// <summary>Buffers of one thread's search, made once and reused, so that thousands of refits allocate little.</summary>
internal sealed class Workspace
{
    public Workspace(int rows, int dimension)
    {
        Predictions = new double[rows];
        Trial = new double[rows];
        Jacobian = new double[rows * dimension];
        Shifted = new double[rows * dimension];
        Residual = new double[rows];
        Slopes = new double[rows * dimension];
        Over = new double[rows];
        Under = new double[rows];
        Curvature = new double[rows];
        Dual = new double[rows];
        Convex = new ConvexStep(rows, dimension);
        Bounded = new BoundedStep(rows, dimension);
        Coarse = new CoarseDescent(dimension);
    }

    /// <summary>[rows].</summary>
    public double[] Predictions { get; }

    /// <summary>[rows].</summary>
    public double[] Trial { get; }

    /// <summary>[rows, dimension].</summary>
    public double[] Jacobian { get; }

    /// <summary>[rows, dimension], at a shifted point.</summary>
    public double[] Shifted { get; }

    /// <summary>[active rows].</summary>
    public double[] Residual { get; }

    /// <summary>[active rows, free coordinates].</summary>
    public double[] Slopes { get; }

    /// <summary>[active rows]: the penalty's steepest slope upwards.</summary>
    public double[] Over { get; }

    /// <summary>[active rows]: the penalty's steepest slope downwards.</summary>
    public double[] Under { get; }

    /// <summary>[active rows]: 1/second derivative of the penalty's rounded part; 0 for sharp corners.</summary>
    public double[] Curvature { get; }

    /// <summary>[active rows]: derivative of the penalty at the solution of the last step.</summary>
    public double[] Dual { get; }

    /// <summary>Solver of the linearised problem.</summary>
    public ConvexStep Convex { get; }

    /// <summary>Solver of the same within the domain.</summary>
    public BoundedStep Bounded { get; }

    /// <summary>The cheap way into a basin.</summary>
    public CoarseDescent Coarse { get; }
}
