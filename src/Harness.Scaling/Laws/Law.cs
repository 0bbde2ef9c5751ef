namespace Harness.Scaling;

/// <summary>
/// A scaling law: a formula for one target column from some variables, with named parameters. Form, gradient, domain and starts; nothing about data or fitting.
/// To add one: derive from <see cref="SeparableLaw"/> if the law is linear in its coefficients (preferred: it gets variable projection), else from this, and list it in <see cref="LawCatalog"/>.
/// </summary>
public abstract class Law
{
    /// <summary>Name on the command line and in fits.json.</summary>
    public abstract string Name { get; }

    /// <summary>Paper, equation number and arXiv id.</summary>
    public abstract string Source { get; }

    /// <summary>The formula in plain text, in the names of <see cref="Variables"/> and <see cref="Parameters"/>.</summary>
    public abstract string Equation { get; }

    /// <summary>The columns that the formula reads, in the order in which <see cref="Evaluate"/> takes them.</summary>
    public abstract IReadOnlyList<string> Variables { get; }

    /// <summary>The column that the formula predicts: <c>loss</c> unless the law says otherwise.</summary>
    public virtual string Target => "loss";

    /// <summary>The parameters, in the order in which every array of parameters holds them.</summary>
    public abstract IReadOnlyList<LawParameter> Parameters { get; }

    /// <summary>The objective used when the caller names none: the one of the law's source.</summary>
    public virtual Objective DefaultObjective => Objective.LogHuber(1e-3);

    /// <summary>Whether the objective's valleys bend so much that only profile intervals cover; measured by the coverage tests.</summary>
    public virtual bool HasBentValleys => false;

    /// <summary>Whether the best-ranked starts may agree on a minimum that is not the lowest, so that all of them are descended from.</summary>
    public virtual bool HasManyBasins => false;

    /// <summary>Whether a value of a variable is in the formula's domain: positive and finite unless the law says otherwise.</summary>
    public virtual bool Accepts(string variable, double value) => double.IsFinite(value) && value > 0;

    /// <summary>Whether the target is positive by its nature (a loss, an error), so that values of 0 or below are refused under every objective.</summary>
    public virtual bool HasPositiveTarget => true;

    /// <summary>The value of a variable whose column is missing; null when the law needs the column.</summary>
    public virtual double? Missing(string variable) => null;

    /// <summary>Parameters that these points cannot speak about (their columns are missing), with the value that makes them inert.</summary>
    public virtual IReadOnlyDictionary<string, double> HeldBy(Points points) => new Dictionary<string, double>();

    /// <summary>The variables that must take at least two values for the parameters to be determined.</summary>
    public virtual IReadOnlyList<string> MustVary => Variables;

    /// <summary>Predicts the target at one point.</summary>
    public abstract double Evaluate(ReadOnlySpan<double> parameters, ReadOnlySpan<double> variables);

    /// <summary>Writes the derivative of <see cref="Evaluate"/> by each parameter and returns the value.</summary>
    public abstract double Gradient(ReadOnlySpan<double> parameters, ReadOnlySpan<double> variables, Span<double> gradient);

    /// <summary>
    /// Starting points for a multi-start search, as full parameter vectors in the points' own units. Laws with a published grid give that grid;
    /// others spread over their domain in units taken from the data.
    /// </summary>
    public abstract IEnumerable<double[]> Starts(Points points);

    /// <summary>Quantities computed from the parameters that papers quote, such as a = beta/(alpha+beta). Empty when there are none.</summary>
    public virtual IReadOnlyList<DerivedQuantity> Derived => [];

    /// <summary>
    /// The minimum of the law at compute c when n and d may be traded under c = 6nd, as (n, d, loss); null for laws without such a trade.
    /// </summary>
    public virtual (double N, double D, double Loss)? OptimumAt(ReadOnlySpan<double> parameters, double compute) => null;

    /// <summary>Of parameters that describe the same curve (breaks in another order), those that are reported; they are these where there is only one way to write the curve.</summary>
    public virtual double[] Canonical(double[] parameters) => parameters;

    /// <summary>The index of a parameter by name.</summary>
    /// <exception cref="FitRefusedException"><see cref="RefusalReason.InvalidOption"/>: the law has no such parameter.</exception>
    public int IndexOf(string parameter)
    {
        for (int i = 0; i < Parameters.Count; i++)
        {
            if (Parameters[i].Name == parameter)
            {
                return i;
            }
        }

        throw new FitRefusedException(
            RefusalReason.InvalidOption,
            $"{Name} has no parameter '{parameter}'; it has {string.Join(", ", Parameters.Select(p => p.Name))}.",
            "Use one of these names.");
    }

    /// <summary>Ties the law to the rows of a table, so that all rows are evaluated at once. Laws whose value needs more than one row's variables (schedules) override it.</summary>
    public virtual BoundLaw Bind(Points points) => new RowwiseBoundLaw(this, points);
}

/// <summary>A number computed from a law's parameters.</summary>
/// <param name="Name">Lower-case name in fits.json.</param>
/// <param name="Meaning">The formula in plain text.</param>
/// <param name="Value">Computes it from the parameters, in the law's order.</param>
public sealed record DerivedQuantity(string Name, string Meaning, Func<double[], double> Value)
{
    /// <summary>Where its interval is symmetric.</summary>
    public IntervalAxis Axis { get; init; }
}

/// <summary>The axis on which an interval is symmetric, so that it stays where its quantity can be.</summary>
public enum IntervalAxis
{
    /// <summary>The value: quantities of either sign.</summary>
    Value,

    /// <summary>The logarithm: positive quantities (n, d, a coefficient, a loss).</summary>
    Logarithm,

    /// <summary>The logarithm of the odds: shares between 0 and 1.</summary>
    Odds,
}
