namespace Harness.Scaling;

/// <summary>Why data cannot answer the question put to it.</summary>
public enum RefusalReason
{
    /// <summary>A variable that the law needs is neither a column nor implied by the others.</summary>
    MissingVariable,

    /// <summary>There are fewer usable points than free parameters, or exactly as many distinct ones as leave nothing to judge by.</summary>
    TooFewPoints,

    /// <summary>A variable takes one value only, so its exponent is not determined.</summary>
    SingleValue,

    /// <summary>A loss is zero or negative where the law or the objective takes its logarithm.</summary>
    NonPositiveLoss,

    /// <summary>A variable is zero, negative or not a number.</summary>
    InvalidVariable,

    /// <summary>The lowest loss of an isoFLOP budget lies at the edge of its grid, or its parabola opens downwards: there is no optimum inside.</summary>
    OptimumAtEdge,

    /// <summary>Fewer than two budgets are left to draw an exponent from.</summary>
    TooFewBudgets,

    /// <summary>The law, objective, parameter or option is not known, or does not go with the others.</summary>
    InvalidOption,

    /// <summary>No start reached a finite objective.</summary>
    NoFiniteFit,

    /// <summary>The target does not change with the variable, and the law cannot say so.</summary>
    NoScaling,

    /// <summary>The hold-out takes everything or nothing, or leaves too little to fit.</summary>
    InvalidHoldout,
}
