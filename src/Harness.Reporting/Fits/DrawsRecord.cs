using System.Buffers.Binary;
using Harness.Scaling;

namespace Harness.Reporting.Fits;

/// <summary>
/// The bootstrap's parameters, packed: little-endian IEEE doubles in base64, resample by resample, each in the order of <paramref name="Parameters"/>.
/// In Python: <c>numpy.frombuffer(base64.b64decode(draws["base64"])).reshape(draws["count"], -1)</c>.
/// </summary>
/// <param name="Parameters">The parameters' names.</param>
/// <param name="Count">How many resamples.</param>
/// <param name="Base64">count x parameters doubles.</param>
/// <param name="Tail">Share of the draws beyond each end of an interval; null for half of what the confidence leaves.</param>
public sealed record DrawsRecord(IReadOnlyList<string> Parameters, int Count, string Base64, double? Tail = null)
{
    /// <summary>Packs resamples; null when there are none.</summary>
    public static DrawsRecord? Of(IReadOnlyList<string> parameters, IReadOnlyList<double[]> resamples, double? tail = null)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(resamples);
        if (resamples.Count == 0)
        {
            return null;
        }

        byte[] bytes = new byte[resamples.Count * parameters.Count * sizeof(double)];
        for (int i = 0; i < resamples.Count; i++)
        {
            for (int j = 0; j < parameters.Count; j++)
            {
                BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(((i * parameters.Count) + j) * sizeof(double)), resamples[i][j]);
            }
        }

        return new DrawsRecord(parameters, resamples.Count, Convert.ToBase64String(bytes), tail);
    }

    /// <summary>The interval of values computed from the draws, as wide as the parameters' own.</summary>
    /// <param name="values">One for each draw, in any order; not empty.</param>
    /// <param name="confidence">In (0, 1).</param>
    public (double Low, double High) IntervalOf(IEnumerable<double> values, double confidence)
    {
        double[] sorted = [.. values.Order()];
        double tail = Tail ?? (0.5 * (1 - confidence));
        return (Quantiles.Of(sorted, tail), Quantiles.Of(sorted, 1 - tail));
    }

    /// <summary>Unpacks the resamples.</summary>
    /// <exception cref="FormatException">The text is not base64, or holds another number of doubles than it says.</exception>
    public IReadOnlyList<double[]> Unpack()
    {
        byte[] bytes = Convert.FromBase64String(Base64);
        int width = Parameters.Count;
        if (bytes.Length != (long)Count * width * sizeof(double))
        {
            throw new FormatException($"The draws hold {bytes.Length} bytes; {Count} resamples of {width} parameters need {(long)Count * width * sizeof(double)}.");
        }

        double[][] resamples = new double[Count][];
        for (int i = 0; i < Count; i++)
        {
            resamples[i] = new double[width];
            for (int j = 0; j < width; j++)
            {
                resamples[i][j] = BinaryPrimitives.ReadDoubleLittleEndian(bytes.AsSpan(((i * width) + j) * sizeof(double)));
            }
        }

        return resamples;
    }
}
