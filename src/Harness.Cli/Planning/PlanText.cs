using System.Globalization;
using Harness.Cli.Running;
using Harness.Sweeps.Planning;

namespace Harness.Cli.Planning;

/// <summary>A plan as people read it: a line a run, what was assumed, the totals.</summary>
internal sealed class PlanText(SweepPlan plan, PlanComparison comparison, int workers)
{
    public void Write(TextWriter output)
    {
        output.WriteLine($"{Printable.Text(plan.Name)}: {plan.Runs.Count} runs from {plan.File}");
        if (plan.Question is { } question)
        {
            output.WriteLine($"  {Printable.Text(question)}");
        }

        output.WriteLine();
        Columns(output);
        output.WriteLine();
        Changes(output);
        Notes(output);
        Totals(output);
    }

    private void Columns(TextWriter output)
    {
        List<string[]> rows = [["run", "N non-emb", "N total", "layers x width", "tokens D", "epochs", "steps", "C = 6ND", "C Kaplan", "C Chinch.", "peak lr", "memory", "time", "state", "begins"]];
        var names = plan.Runs.ToDictionary(r => r.Id, r => r.Name);
        foreach (var (run, figures, compared) in plan.Runs.Zip(plan.Figures, comparison.Runs))
        {
            var model = run.Spec.Model;
            rows.Add(
            [
                run.Name,
                Figures.Count(figures.Parameters.NonEmbedding),
                Figures.Count(figures.Parameters.Total),
                $"{model.LayerCount} x {model.ModelDim} ({model.HeadCount}h)",
                Figures.Count(figures.Tokens),
                figures.Epochs?.ToString("0.00", CultureInfo.InvariantCulture) ?? "-",
                Figures.Count(figures.Steps),
                Figures.Power(figures.Flops.SixND),
                Figures.Power(figures.Flops.Kaplan),
                Figures.Power(figures.Flops.Chinchilla),
                figures.PeakLearningRate.ToString("0.00e0", CultureInfo.InvariantCulture),
                Figures.Bytes(figures.Memory.Total),
                Figures.Time(figures.Seconds),
                compared.Standing.ToString().ToLowerInvariant(),
                run.Branch is { } branch ? $"at step {branch.Step.ToString(CultureInfo.InvariantCulture)} of {names[branch.Trunk]}" : "",
            ]);
        }

        if (plan.Savings is null)
        {
            rows = rows.ConvertAll(r => r[..^1]);
        }

        var widths = Enumerable.Range(0, rows[0].Length).Select(c => rows.Max(r => r[c].Length)).ToArray();
        foreach (var row in rows)
        {
            output.WriteLine(string.Join("  ", row.Select((cell, c) => c is 0 or >= 13 ? cell.PadRight(widths[c]) : cell.PadLeft(widths[c]))).TrimEnd());
        }
    }

    private void Changes(TextWriter output)
    {
        var names = plan.Runs.ToDictionary(r => r.Id, r => r.Name);
        foreach (var changed in comparison.Runs.Where(r => r.Changes.Count > 0))
        {
            output.WriteLine($"changed: {names[changed.Id]} was {changed.ChangedFrom}: {Printable.Text(string.Join("; ", changed.Changes))}");
        }

        if (comparison.Orphans.Count > 0)
        {
            output.WriteLine($"no longer planned, kept on disk, left out of results: {string.Join(", ", comparison.Orphans.Take(8))}{(comparison.Orphans.Count > 8 ? $" and {comparison.Orphans.Count - 8} more" : "")}");
        }
    }

    private void Notes(TextWriter output)
    {
        foreach (var note in plan.Notes)
        {
            output.WriteLine($"note: {Printable.Text(note)}");
        }

        foreach (var (key, count, first) in plan.Figures.SelectMany(f => f.Adjustments).GroupBy(a => a.Key).Select(g => (g.Key, g.Count(), g.First())))
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"note: {key} met to the nearest possible in {count} runs, for example {first.Used:R} for {first.Asked:R}"));
        }

        if (plan.Defaults.Count > 0)
        {
            output.WriteLine($"defaults: {string.Join(", ", plan.Defaults.Select(d => $"{d.Key} {d.Value}"))}");
        }
    }

    private void Totals(TextWriter output)
    {
        var totals = plan.Totals;
        var done = comparison.Runs.Where(r => r.Standing == Sweeps.Planning.RunStanding.Done).Select(r => r.Id).ToHashSet();
        output.WriteLine($"total: {Figures.Count(totals.Tokens)} tokens, {Figures.Power(totals.Flops.SixND)} FLOPs as 6ND ({Figures.Power(totals.Flops.Kaplan)} with attention, {Figures.Power(totals.Flops.Chinchilla)} full count)");
        if (plan.Savings is { } savings)
        {
            output.WriteLine(SavingsText.Of(savings));
        }

        output.WriteLine($"disk: up to {Figures.Bytes(totals.DiskBytes)}; memory: up to {Figures.Bytes(totals.LargestMemoryBytes)} a worker; {done.Count} of {plan.Runs.Count} runs done");
        var wall = plan.WallSeconds(workers, done);
        output.WriteLine(wall is null
            ? "time: unknown without a calibration"
            : $"time: about {Figures.Time(wall)} with {workers} {(workers == 1 ? "worker" : "workers")} ({Figures.Time(totals.WorkerSeconds)} of work in all)");
    }
}
