namespace Harness.Scaling;

/// <summary>The classical cross-check: a quasi-Newton search from every start of the law's published grid.</summary>
internal static class StartGrid
{
    /// <summary>Runs all starts; returns the end of each, in the search model's coordinates, with its objective (infinite for starts that failed).</summary>
    public static (double[] Theta, double Value)[] Run(FitProblem problem, Law law, Points points, BoundLaw bound, IReadOnlyDictionary<string, double> held, int threads)
    {
        double[][] starts = [.. law.Starts(points)];
        var ends = new (double[] Theta, double Value)[starts.Length];
        bool logSumExp = held.Count == 0 && law is PowerTermsLaw { TermSigns.Count: 0 } terms && terms.Parameters.Take(terms.CoefficientCount).All(p => p.Lower >= 0);
        var generic = new GenericModel(law, bound, held);
        var columns = logSumExp ? new PowerColumns((PowerTermsLaw)law, points) : null;
        Parallel.For(0, starts.Length, new ParallelOptions { MaxDegreeOfParallelism = threads }, () => Runner(problem, law, generic, columns), (i, _, run) =>
        {
            (double[] parameters, double value) = run(starts[i]);
            ends[i] = (problem.Model.FromParameters(parameters), value);
            return run;
        }, _ => { });
        return ends;
    }

    private static Func<double[], (double[] Parameters, double Value)> Runner(FitProblem problem, Law law, GenericModel generic, PowerColumns? columns)
    {
        if (columns is not null)
        {
            var terms = (PowerTermsLaw)law;
            var function = new LogSumExp(terms, columns, problem);
            var search = new QuasiNewton(function);
            int k = terms.CoefficientCount;
            var coefficients = new double[k];
            return start =>
            {
                terms.ToCoefficients(start, coefficients);
                double[] x = function.FromCoefficients(coefficients, start.AsSpan(k));
                double value = search.Minimise(x);
                return (terms.ToParameters(function.ToCoefficients(x), x.AsSpan(k)), value);
            };
        }

        var smooth = new ModelFunction(problem, generic);
        var plain = new QuasiNewton(smooth);
        return start =>
        {
            double[] x = generic.FromParameters(start);
            double value = plain.Minimise(x);
            return (generic.ToParameters(x), value);
        };
    }
}
