namespace Harness.Scaling;

/// <summary>Constants that a paper published for a law, so that its curve can be laid beside one's own.</summary>
/// <param name="Name">Lower-case name on the command line.</param>
/// <param name="Law">The law's name.</param>
/// <param name="Parameters">In the law's order.</param>
/// <param name="Source">Paper, table or equation, arXiv id.</param>
/// <param name="Units">How the paper counts n, d and c.</param>
public sealed record Preset(string Name, string Law, double[] Parameters, string Source, string Units);

/// <summary>The published constants.</summary>
public static class Presets
{
    private const double PetaFlopDay = 8.64e19;

    /// <summary>Every preset.</summary>
    public static IReadOnlyList<Preset> All { get; } =
    [
        new("kaplan-n", "kaplan-n", [8.8e13, 0.076], "Kaplan et al. 2020, arXiv 2001.08361, eq. 1.1", "n: non-embedding parameters"),
        new("kaplan-d", "kaplan-d", [5.4e13, 0.095], "Kaplan et al. 2020, arXiv 2001.08361, eq. 1.2", "d: tokens"),
        new("kaplan-c", "kaplan-c", [1.6e7 * PetaFlopDay, 0.057], "Kaplan et al. 2020, arXiv 2001.08361, figure 1 (naive batch size)", "c: FLOPs without embeddings; the paper prints 1.6e7 PF-days"),
        new("kaplan-c-min", "kaplan-c", [3.1e8 * PetaFlopDay, 0.050], "Kaplan et al. 2020, arXiv 2001.08361, eq. 1.3", "c: least FLOPs, at a small batch; the paper prints 3.1e8 PF-days"),
        new("kaplan-nd", "kaplan-nd", [6.4e13, 1.8e13, 0.076, 0.103], "Kaplan et al. 2020, arXiv 2001.08361, table 2", "n: non-embedding parameters; d: tokens"),
        new("kaplan-steps", "kaplan-steps", [6.5e13, 2.1e3, 0.077, 0.76], "Kaplan et al. 2020, arXiv 2001.08361, table 3", "n: non-embedding parameters; steps: S_min"),
        new("kaplan-bcrit", "bcrit", [2.1e8, 1 / 0.21], "Kaplan et al. 2020, arXiv 2001.08361, appendix A, table 5", "batch: tokens; loss: nats"),
        new("hoffmann", "chinchilla", [1.69, 406.4, 410.7, 0.34, 0.28], "Hoffmann et al. 2022, arXiv 2203.15556, eq. 10, as printed", "n: total parameters; d: tokens"),
        new(
            "hoffmann-full",
            "chinchilla",
            [Math.Exp(0.5267228), Math.Exp(6.0073404), Math.Exp(6.0179186), 0.33917084, 0.2849083],
            "Hoffmann et al. 2022, arXiv 2203.15556, eq. 10, unrounded from the paper's source (Besiroglu et al. 2024, arXiv 2404.10102)",
            "n: total parameters; d: tokens"),
        new("besiroglu", "chinchilla", [1.8172, 482.01, 2085.43, 0.3478, 0.3658], "Besiroglu et al. 2024, arXiv 2404.10102, table 1", "n: total parameters; d: tokens"),
        new(
            "muennighoff",
            "data-constrained",
            [Math.Exp(0.6254804), Math.Exp(6.255414), Math.Exp(7.3049974), 0.3526596, 0.3526596, 15.387756, 5.309743],
            "Muennighoff et al. 2023, arXiv 2305.16264, appendix A",
            "n: parameters; d: tokens seen; unique: distinct tokens"),
        new("gadre-c4", "overtraining", [1.5083, 141.28, 189.52, 0.1212], "Gadre et al. 2024, arXiv 2403.08540, C4", "n: total parameters; d: tokens; c = 6nd"),
        new("gadre-rpj", "overtraining", [1.8366, 212.24, 366.69, 0.1364], "Gadre et al. 2024, arXiv 2403.08540, RedPajama", "n: total parameters; d: tokens; c = 6nd"),
        new("gadre-rw", "overtraining", [1.7345, 157.12, 246.21, 0.1272], "Gadre et al. 2024, arXiv 2403.08540, RefinedWeb", "n: total parameters; d: tokens; c = 6nd"),
        new("gadre-c4-error", "overtraining-error", [0.8497, 2.0789, 0.7561], "Gadre et al. 2024, arXiv 2403.08540, C4, 17 tasks", "loss: C4 validation, nats"),
        new("gadre-rpj-error", "overtraining-error", [0.857, 2.2065, 0.7146], "Gadre et al. 2024, arXiv 2403.08540, RedPajama, 17 tasks", "loss: C4 validation, nats"),
        new("gadre-rw-error", "overtraining-error", [0.8653, 2.2148, 0.707], "Gadre et al. 2024, arXiv 2403.08540, RefinedWeb, 17 tasks", "loss: C4 validation, nats"),
        new("clark-sbase", "moe-routing", [-0.082, -0.108, 0.009, 1.104, 1.847, 314.478], "Clark et al. 2022, arXiv 2202.01169, table 3, S-BASE", "n: parameters of the dense model; experts: number of experts"),
        new("mpl-25m", "multi-power", [3.04045406, 0.52468604, 363.78751622, 0.50786857, 2.06560812, 0.58279013, 0.64142257], "Luo et al. 2025, arXiv 2503.12811, 25M", "lr: as set; step: optimizer steps"),
        new("mpl-100m", "multi-power", [2.6514477, 0.60115152, 437.9464276, 0.45295811, 2.13245612, 0.59785199, 0.65523644], "Luo et al. 2025, arXiv 2503.12811, 100M", "lr: as set; step: optimizer steps"),
        new("mpl-400m", "multi-power", [2.37474466, 0.65421216, 523.42464371, 0.42878731, 2.02462735, 0.59350493, 0.63472457], "Luo et al. 2025, arXiv 2503.12811, 400M", "lr: as set; step: optimizer steps"),
    ];

    /// <summary>Finds a preset by name.</summary>
    /// <exception cref="FitRefusedException"><see cref="RefusalReason.InvalidOption"/>: there is none; the message lists all names.</exception>
    public static Preset Find(string name) => All.FirstOrDefault(p => p.Name == name)
        ?? throw new FitRefusedException(RefusalReason.InvalidOption, $"There are no published constants '{name}'; there are {string.Join(", ", All.Select(p => p.Name))}.", "Use one of these names.");
}
