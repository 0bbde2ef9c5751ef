namespace Harness.Reporting.Tables.Selection;

/// <summary>A column of numbers that grows by whole pieces: no number is copied while it grows, and no piece lies idle for long.</summary>
internal sealed class GrowingColumn
{
    private const int Piece = 1 << 16;

    private readonly List<double[]> pieces = [];

    public int Count { get; private set; }

    public void Add(double value)
    {
        int at = Count & (Piece - 1);
        if (at == 0)
        {
            pieces.Add(new double[Piece]);
        }

        pieces[^1][at] = value;
        Count++;
    }

    /// <summary>All numbers in one piece; the column is empty afterwards, so that they are kept once.</summary>
    public double[] Take()
    {
        double[] all = new double[Count];
        for (int i = 0; i < pieces.Count; i++)
        {
            pieces[i].AsSpan(0, Math.Min(Piece, Count - (i * Piece))).CopyTo(all.AsSpan(i * Piece));
            pieces[i] = [];
        }

        pieces.Clear();
        Count = 0;
        return all;
    }
}
