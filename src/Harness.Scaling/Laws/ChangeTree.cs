namespace Harness.Scaling;

/// <summary>
/// The changes of a schedule, halved again and again, so that a sum over all changes before a step takes a time that grows with the logarithm of their number: stretches far behind the step, which
/// it sees as smooth, are summed by a few points each (the far field of Greengard and Rokhlin 1987), those near it change by change.
/// </summary>
internal sealed class ChangeTree
{
    // A stretch of so many changes is not worth shortening.
    private const int Leaf = 32;

    // How far behind the step, in its own lengths, a stretch must lie to be shortened: sums of whole schedules then are within 3e-11 of the peak rate (1 in its place leaves 6e-13, a quarter 3e-9).
    private const double Far = 0.5;
    private readonly LearningRateCurve curve;
    private readonly Dictionary<(int First, int Size), ChangeBlock?> known = [];
    private readonly int size;

    public ChangeTree(LearningRateCurve curve)
    {
        this.curve = curve;
        size = Leaf;
        while (size < curve.Steps.Length)
        {
            size *= 2;
        }
    }

    /// <summary>Blocks whose weighted sums add up to the sum over all changes up to a step. The same block is the same object for every step.</summary>
    public List<ChangeBlock> Until(int step)
    {
        int count = Array.BinarySearch(curve.Steps, step);
        count = count >= 0 ? count + 1 : ~count;
        List<ChangeBlock> blocks = [];
        Add(0, size, count, step, blocks);
        return blocks;
    }

    private void Add(int first, int length, int count, int step, List<ChangeBlock> blocks)
    {
        int end = Math.Min(first + length, count);
        if (first >= end)
        {
            return;
        }

        if (length <= Leaf)
        {
            blocks.Add(end == first + length ? Known(first, length, false)! : ChangeBlock.Plain(curve, first, end));
            return;
        }

        bool far = step - curve.Steps[end - 1] >= Far * (curve.Steps[end - 1] - curve.Steps[first]);
        if (far && end - first > Leaf && (end == first + length || end == curve.Steps.Length) && Known(first, end - first, true) is { } block)
        {
            blocks.Add(block);
            return;
        }

        Add(first, length / 2, count, step, blocks);
        Add(first + (length / 2), length / 2, count, step, blocks);
    }

    private ChangeBlock? Known(int first, int count, bool far)
    {
        if (!known.TryGetValue((first, count), out ChangeBlock? block))
        {
            block = far ? ChangeBlock.Short(curve, first, first + count) : ChangeBlock.Plain(curve, first, first + count);
            known.Add((first, count), block);
        }

        return block;
    }
}
