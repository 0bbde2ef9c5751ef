namespace Harness.Scaling;

/// <summary>The laws by name.</summary>
public static class LawCatalog
{
    private static readonly Dictionary<string, Law> ByName = new Law[]
    {
        new Chinchilla(),
        new KaplanN(),
        new KaplanD(),
        new KaplanC(),
        new KaplanND(offset: false),
        new KaplanND(offset: true),
        new KaplanSteps(),
        new CriticalBatch(),
        new Power(),
        new PowerOffset(),
        new ShiftedPower(),
        new M4(),
        new BrokenPowerLaw(1),
        new BrokenPowerLaw(2),
        new BrokenPowerLaw(3),
        new DataConstrained(),
        new Overtraining(),
        new OvertrainingError(),
        new MultiPower(),
        new Vocabulary(),
        new MoeRouting(),
        new Precision(),
        new PassAtK(),
        new LossToLoss(),
    }.ToDictionary(l => l.Name, StringComparer.Ordinal);

    /// <summary>Every law, in the order of the documentation.</summary>
    public static IReadOnlyCollection<Law> Laws => ByName.Values;

    /// <summary>Every name that <see cref="Fitter.Fit(Points, string, FitOptions?)"/> takes: the laws, and the procedures <c>isoflop</c> and <c>envelope</c>.</summary>
    public static IReadOnlyList<string> Names => [.. ByName.Keys, IsoFlopName, EnvelopeName];

    /// <summary>Name of the isoFLOP procedure (approach 2).</summary>
    public const string IsoFlopName = "isoflop";

    /// <summary>Name of the training-curve envelope (approach 1).</summary>
    public const string EnvelopeName = "envelope";

    /// <summary>Finds a law by name.</summary>
    /// <exception cref="FitRefusedException"><see cref="RefusalReason.InvalidOption"/>: there is none; the message lists all names.</exception>
    public static Law Find(string name) => ByName.TryGetValue(name == "bnsl-1" ? "bnsl" : name, out Law? law)
        ? law
        : throw new FitRefusedException(RefusalReason.InvalidOption, $"There is no law '{name}'; there are {string.Join(", ", Names)}.", "Use one of these names.");
}
