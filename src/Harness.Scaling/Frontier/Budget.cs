namespace Harness.Scaling;

/// <summary>The rows of one isoFLOP budget.</summary>
internal sealed record Budget(double Compute, int[] Rows)
{
    /// <summary>Splits rows into budgets wherever, in order of compute, it jumps by more than the tolerance.</summary>
    public static List<Budget> Split(double[] compute, double tolerance)
    {
        int[] order = [.. Enumerable.Range(0, compute.Length).OrderBy(i => compute[i])];
        List<Budget> budgets = [];
        List<int> current = [];
        foreach (int row in order)
        {
            if (current.Count > 0 && compute[row] > compute[current[^1]] * (1 + tolerance))
            {
                budgets.Add(Of(current, compute));
                current = [];
            }

            current.Add(row);
        }

        budgets.Add(Of(current, compute));
        return budgets;
    }

    private static Budget Of(List<int> rows, double[] compute) => new(Math.Exp(rows.Average(r => Math.Log(compute[r]))), [.. rows]);
}
