using Harness.Core.Training;

namespace Harness.Sweeps.Resolving;

/// <summary>The learning rate's course from its keys.</summary>
internal sealed class ScheduleResolver
{
    private const string At = "training.lr_schedule.";
    private readonly KeyValues values;

    public ScheduleResolver(KeyValues values)
    {
        this.values = values;
        values.Derive(At + "warmup_steps", () => Rounded(values.Number(At + "warmup_fraction") * values.Number("training.steps")));
        values.Derive(At + "decay_steps", () => Rounded(values.Number(At + "decay_fraction") * values.Number("training.steps")));
        values.Derive(At + "final_fraction", () => values.Text(At + "kind") == "wsd" ? 0 : 0.1);
    }

    /// <summary>The schedule of a run of so many steps, or null if it is unusable (reported).</summary>
    public LearningRateSchedule? Schedule(long steps)
    {
        var warmup = values.Whole(At + "warmup_steps");
        if (values.Text(At + "kind") is not { } kind || warmup is not { } w)
        {
            return null;
        }

        if (w > steps)
        {
            values.Refuse(At + "warmup_steps", "too-long", $"{Show.Exact(w)} is more than the run's {Show.Exact(steps)} steps", null, "Use fewer, or warmup_fraction");
        }

        foreach (var key in Foreign(kind).Where(k => values.Lookup.Given(At + k, out _) is not null))
        {
            values.Refuse(At + key, "foreign", $"a {kind} schedule has no {key}", null, "Remove it, or use another kind");
        }

        var final = kind == "constant" ? 1 : values.Number(At + "final_fraction");
        if (final is not { } f)
        {
            return null;
        }

        switch (kind)
        {
            case "constant":
                return new ConstantSchedule { WarmupSteps = (int)w };
            case "linear":
                return new LinearSchedule { WarmupSteps = (int)w, FinalFraction = f };
            case "cosine":
                return new CosineSchedule { WarmupSteps = (int)w, FinalFraction = f };
        }

        if (values.Whole(At + "decay_steps") is not { } decay)
        {
            return null;
        }

        if (decay > steps - w)
        {
            values.Refuse(At + "decay_steps", "too-long", $"a cooldown of {Show.Exact(decay)} steps does not fit into {Show.Exact(steps)} steps after {Show.Exact(w)} of warm-up", null, "Use fewer, or decay_fraction");
        }

        return new WarmupStableDecaySchedule { WarmupSteps = (int)w, DecaySteps = (int)decay, FinalFraction = f };
    }

    private static string[] Foreign(string kind) => kind switch
    {
        "constant" => ["final_fraction", "decay_steps", "decay_fraction"],
        "wsd" => [],
        _ => ["decay_steps", "decay_fraction"],
    };

    private static double? Rounded(double? value) => value is { } v ? Math.Round(v, MidpointRounding.AwayFromZero) : null;
}
