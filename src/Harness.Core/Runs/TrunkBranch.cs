namespace Harness.Core.Runs;

/// <summary>
/// Where a run may begin instead of at step 0: in the middle of another run that computes the same bits up to there (Hägele et al. 2024, arXiv 2405.18392,
/// section 4: cooldowns branch off one long run at a constant rate). A way to execute it, no part of its identity: its result is the same either way.
/// </summary>
/// <param name="Trunk">The run that trains the common part, itself from step 0.</param>
/// <param name="Step">Optimizer steps in common, above 0 and below the steps of both.</param>
public sealed record TrunkBranch(RunId Trunk, long Step);

/// <summary>What a run took over from its trunk instead of computing it. Contained in the run's own totals, so that what it really cost is the difference.</summary>
/// <param name="Trunk">Whose work it was.</param>
/// <param name="Step">Optimizer steps taken over.</param>
/// <param name="TrainSeconds">Seconds that the trunk trained for them.</param>
/// <param name="EvaluationSeconds">Seconds that it measured the held-out loss up to there.</param>
/// <param name="Joules">Energy that it used up to there; null where no counter could be read.</param>
public sealed record Inheritance(RunId Trunk, long Step, double? TrainSeconds, double? EvaluationSeconds, double? Joules);
