namespace Harness.Reporting.Fits;

/// <summary>What a fit minimised.</summary>
/// <param name="Name">As in <c>--objective</c>, without arguments.</param>
/// <param name="Delta">Huber's threshold; null for others.</param>
/// <param name="OverWeight">Weight of too high predictions; null for symmetric objectives.</param>
/// <param name="Aggregation"><c>sum</c> or <c>mean</c>.</param>
/// <param name="Value">The plain sum or mean, as the literature prints it.</param>
public sealed record ObjectiveRecord(string Name, double? Delta, double? OverWeight, string Aggregation, double Value);

/// <summary>A quantity computed from the parameters.</summary>
/// <param name="Value">At the optimum.</param>
/// <param name="StandardError">Null where there is no honest one.</param>
/// <param name="Interval">[low, high]; null where there is no honest one.</param>
/// <param name="Meaning">The formula in plain text.</param>
public sealed record DerivedRecord(double Value, double? StandardError, double[]? Interval, string Meaning);

/// <summary>A row that no fit saw.</summary>
/// <param name="Row">Its file and line.</param>
/// <param name="Rule">The rule that left it out.</param>
/// <param name="Detail">The figure that broke the rule; null when the rule says all.</param>
public sealed record ExcludedRecord(string Row, string Rule, string? Detail);

/// <summary>A minimum that is not the best.</summary>
/// <param name="Parameters">By name.</param>
/// <param name="Value">The objective there.</param>
/// <param name="Starts">How many starts ended there.</param>
public sealed record MinimumRecord(IReadOnlyDictionary<string, double> Parameters, double Value, int Starts);

/// <summary>The published grid of starts beside the main path.</summary>
/// <param name="Method">What was run.</param>
/// <param name="Starts">Number of starts.</param>
/// <param name="StartsAtOptimum">Those that reached the optimum.</param>
/// <param name="Value">Its best objective.</param>
/// <param name="RelativeDifference">Of its best objective to the main path's.</param>
public sealed record CrossCheckRecord(string Method, int Starts, int StartsAtOptimum, double Value, double RelativeDifference);

/// <summary>How rows kept back are predicted.</summary>
public sealed record HoldoutRecord
{
    /// <summary>What was kept back, as in <c>--holdout</c>.</summary>
    public required string Rule { get; init; }

    /// <summary>Number of rows kept back.</summary>
    public required int Points { get; init; }

    /// <summary><c>extrapolation</c> when a row kept back lies outside the fitted range of a variable, else <c>interpolation</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The largest factor by which a row kept back lies outside the fitted range; 1 inside.</summary>
    public required double Distance { get; init; }

    /// <summary>The variable of that factor; null inside.</summary>
    public string? DistanceVariable { get; init; }

    /// <summary>Mean of |prediction - observation| / observation.</summary>
    public required double MeanRelativeError { get; init; }

    /// <summary>The largest of them.</summary>
    public required double WorstRelativeError { get; init; }

    /// <summary>Mean of (prediction - observation) / observation.</summary>
    public required double MeanSignedRelativeError { get; init; }

    /// <summary>The fit's objective over the rows kept back.</summary>
    public double? Objective { get; init; }

    /// <summary>Every row kept back.</summary>
    public IReadOnlyList<HeldRecord> Rows { get; init; } = [];
}

/// <summary>One row kept back.</summary>
/// <param name="Row">Its file and line.</param>
/// <param name="Observed">What was measured.</param>
/// <param name="Predicted">What the fit, which never saw it, says.</param>
/// <param name="RelativeError">(predicted - observed) / observed.</param>
public sealed record HeldRecord(string Row, double Observed, double Predicted, double RelativeError);

/// <summary>The optimum of one compute budget.</summary>
/// <param name="Compute">FLOPs.</param>
/// <param name="N">Parameters.</param>
/// <param name="D">Tokens.</param>
/// <param name="Loss">Null when the method gives none.</param>
/// <param name="Points">Rows behind it.</param>
public sealed record BudgetRecord(double Compute, double N, double D, double? Loss, int Points);

/// <summary>Large-sample covariance of the parameters, from which anything computed from them gets its interval where there are no draws.</summary>
/// <param name="Parameters">Names, in the order of the matrix; parameters that were fixed or sit on the edge of their domain are not among them.</param>
/// <param name="OnLogarithm">Whether the entry is of the parameter's natural logarithm.</param>
/// <param name="Matrix">Row by row, symmetric.</param>
/// <param name="Degrees">Degrees of freedom of Student's t.</param>
public sealed record CovarianceRecord(IReadOnlyList<string> Parameters, IReadOnlyList<bool> OnLogarithm, double[][] Matrix, double Degrees);

/// <summary>The fitted rows, column by column.</summary>
/// <param name="Names">File and line of each.</param>
/// <param name="Groups">The run of each; null without groups.</param>
/// <param name="Columns">The variables' values, by name.</param>
/// <param name="Observed">The target's values.</param>
/// <param name="Predicted">The law's values.</param>
public sealed record FittedRows(
    IReadOnlyList<string> Names,
    IReadOnlyList<string>? Groups,
    IReadOnlyDictionary<string, double[]> Columns,
    IReadOnlyList<double> Observed,
    IReadOnlyList<double> Predicted);

/// <summary>A law that the data could not answer.</summary>
/// <param name="Law">Its name.</param>
/// <param name="Reason">The kind of refusal, for programs.</param>
/// <param name="Found">What was found.</param>
/// <param name="Mend">What would make the fit possible.</param>
/// <param name="Rows">The rows to blame.</param>
public sealed record RefusedFit(string Law, string Reason, string Found, string Mend, IReadOnlyList<string> Rows);

/// <summary>Which of several laws to use.</summary>
/// <param name="Best">The simplest law that no other beats beyond chance on the rows kept back; null when a constant does as well.</param>
/// <param name="Statement">A plain sentence.</param>
/// <param name="Errors">The error by which they were ranked, by law.</param>
/// <param name="Measure">What the error is.</param>
public sealed record ComparisonRecord(string? Best, string Statement, IReadOnlyDictionary<string, double> Errors, string Measure);

/// <summary>A table that was read.</summary>
/// <param name="File">As the user named it.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Of its bytes, lower-case hexadecimal.</param>
public sealed record InputFile(string File, long Bytes, string Sha256)
{
    /// <summary>Measures a file.</summary>
    public static InputFile Of(string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        byte[] hash = System.Security.Cryptography.SHA256.HashData(stream);
        return new InputFile(path, stream.Length, Convert.ToHexStringLower(hash));
    }
}
