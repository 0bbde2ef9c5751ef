namespace Harness.Scaling;

/// <summary>Minimises c'Gc/2 - h'c over coefficients of which some must not be negative, by trying every set of positive ones (K is at most five).</summary>
internal static class NonNegativeSolve
{
    /// <summary>Solves into c; false when no set gives a positive definite system.</summary>
    public static bool Solve(ReadOnlySpan<double> gram, ReadOnlySpan<double> right, ReadOnlySpan<bool> signed, int k, Span<double> c)
    {
        Span<double> sub = stackalloc double[k * k];
        Span<double> x = stackalloc double[k];
        Span<int> members = stackalloc int[k];
        double best = double.PositiveInfinity;
        for (int set = (1 << k) - 1; set >= 1; set--)
        {
            int size = 0;
            bool allowed = true;
            for (int i = 0; i < k; i++)
            {
                if ((set >> i & 1) != 0)
                {
                    members[size++] = i;
                }
                else
                {
                    allowed &= !signed[i];
                }
            }

            if (!allowed)
            {
                continue;
            }

            for (int i = 0; i < size; i++)
            {
                x[i] = right[members[i]];
                for (int j = 0; j < size; j++)
                {
                    // A whisper of ridge keeps near-parallel basis functions (exponents close to 0) solvable.
                    sub[(i * size) + j] = gram[(members[i] * k) + members[j]] * (i == j ? 1 + 1e-13 : 1);
                }
            }

            if (!SymmetricMatrix.Factor(sub, size))
            {
                continue;
            }

            SymmetricMatrix.Solve(sub, size, x);
            double value = 0;
            bool feasible = true;
            for (int i = 0; i < size; i++)
            {
                feasible &= x[i] >= 0 || signed[members[i]];
                value -= 0.5 * x[i] * right[members[i]];
            }

            if (feasible && value < best)
            {
                best = value;
                c.Clear();
                for (int i = 0; i < size; i++)
                {
                    c[members[i]] = x[i];
                }

                if (size == k)
                {
                    // The unconstrained minimum is feasible: nothing can be lower.
                    return true;
                }
            }
        }

        return best < double.PositiveInfinity;
    }
}
