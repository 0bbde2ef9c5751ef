namespace Harness.Scaling;

/// <summary>An objective's name and value.</summary>
/// <param name="Name">Without arguments, as in <see cref="Scaling.Objective.Name"/>.</param>
/// <param name="Delta">Huber's threshold; null for others.</param>
/// <param name="OverWeight">Weight of too high predictions; null for symmetric ones.</param>
/// <param name="Aggregation"><c>sum</c> or <c>mean</c>.</param>
/// <param name="Value">At the optimum, the plain sum or mean.</param>
public sealed record ObjectiveResult(string Name, double? Delta, double? OverWeight, string Aggregation, double Value);

/// <summary>An interval meant to cover the truth with a probability.</summary>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
/// <param name="Confidence">Probability of covering, in (0, 1).</param>
public sealed record Interval(double Low, double High, double Confidence);

/// <summary>A number with its uncertainty.</summary>
/// <param name="Value">At the optimum.</param>
/// <param name="StandardError">Null when there is no honest one.</param>
/// <param name="Interval">Null when there is no honest one.</param>
/// <param name="Meaning">The formula in plain text.</param>
public sealed record Estimate(double Value, double? StandardError, Interval? Interval, string Meaning);

/// <summary>Covariance of fitted parameters, so that anything computed from them can be given an interval later.</summary>
/// <param name="Parameters">Names, in the order of the matrix. Parameters that were fixed, or sit on the edge of their domain, are not among them.</param>
/// <param name="OnLogarithm">Whether the entry is of the parameter's natural logarithm.</param>
/// <param name="Matrix">[f][f], symmetric.</param>
/// <param name="Degrees">Degrees of freedom of Student's t for intervals made from it.</param>
public sealed record ParameterCovariance(IReadOnlyList<string> Parameters, IReadOnlyList<bool> OnLogarithm, double[][] Matrix, double Degrees);

/// <summary>A row left out of a fit.</summary>
/// <param name="RowId">Its name.</param>
/// <param name="Rule">The rule that left it out, with the figure that broke it.</param>
public sealed record ExcludedRow(string RowId, string Rule);

/// <summary>A minimum that is not the best.</summary>
/// <param name="Parameters">By name.</param>
/// <param name="Value">The objective there, in the same unit as the optimum's.</param>
/// <param name="Starts">How many starts ended there.</param>
public sealed record LocalMinimum(IReadOnlyDictionary<string, double> Parameters, double Value, int Starts);

/// <summary>The classical multi-start grid beside the main path.</summary>
/// <param name="Method">What was run.</param>
/// <param name="Starts">Number of starts.</param>
/// <param name="StartsAtOptimum">Those that ended within a relative 1e-6 of the better of both optima.</param>
/// <param name="Value">Its best objective.</param>
/// <param name="RelativeDifference">(its value - the main path's) / the main path's; both must meet to 1e-8.</param>
public sealed record CrossCheck(string Method, int Starts, int StartsAtOptimum, double Value, double RelativeDifference);

/// <summary>How rows kept back are predicted.</summary>
/// <param name="Rule">What was kept back.</param>
/// <param name="Points">Number of rows kept back.</param>
/// <param name="IsExtrapolation">True when at least one row lies outside the range of the fitted rows in some variable.</param>
/// <param name="Distance">The largest factor by which a variable of a row kept back exceeds (or falls short of) the fitted range; 1 inside.</param>
/// <param name="DistanceVariable">The variable of that factor; null inside.</param>
/// <param name="MeanRelativeError">Mean of |prediction - observation| / observation.</param>
/// <param name="WorstRelativeError">The largest of them.</param>
/// <param name="MeanSignedRelativeError">Mean of (prediction - observation) / observation: its sign says in which direction the law errs.</param>
/// <param name="Objective">The fit's objective over the rows kept back.</param>
/// <param name="Rows">The rows kept back; of more than 20,000 an even choice of so many.</param>
public sealed record HoldoutResult(
    string Rule,
    int Points,
    bool IsExtrapolation,
    double Distance,
    string? DistanceVariable,
    double MeanRelativeError,
    double WorstRelativeError,
    double MeanSignedRelativeError,
    double Objective,
    IReadOnlyList<HeldRow> Rows);

/// <summary>One row kept back.</summary>
/// <param name="RowId">Its name.</param>
/// <param name="Observed">What was measured.</param>
/// <param name="Predicted">What the fit, which never saw it, says.</param>
/// <param name="RelativeError">(Predicted - Observed) / Observed.</param>
public sealed record HeldRow(string RowId, double Observed, double Predicted, double RelativeError);

/// <summary>The compute-optimal point of one budget.</summary>
/// <param name="Compute">FLOPs.</param>
/// <param name="N">Parameters at the optimum.</param>
/// <param name="D">Tokens at the optimum.</param>
/// <param name="Loss">Loss at the optimum; null when the method does not give one.</param>
/// <param name="Points">Rows behind it.</param>
public sealed record BudgetOptimum(double Compute, double N, double D, double? Loss, int Points);
