using System.Collections;

namespace Harness.Scaling;

/// <summary>The names of rows chosen from a table: an index a row is kept, and the name is asked of the table. A choice from a choice refers to the first table.</summary>
public sealed class ChosenNames : IReadOnlyList<string>
{
    private ChosenNames(IReadOnlyList<string> source, int[] rows)
    {
        Source = source;
        Rows = rows;
    }

    /// <summary>The names of all rows of the table.</summary>
    public IReadOnlyList<string> Source { get; }

    /// <summary>The rows chosen, as indices into <see cref="Source"/>, in their order; a row may stand more than once.</summary>
    public IReadOnlyList<int> Rows { get; }

    /// <inheritdoc/>
    public int Count => Rows.Count;

    /// <inheritdoc/>
    public string this[int index] => Source[Rows[index]];

    /// <summary>The names at some indices.</summary>
    public static ChosenNames Of(IReadOnlyList<string> names, IReadOnlyList<int> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return names is ChosenNames chosen
            ? new ChosenNames(chosen.Source, [.. rows.Select(r => chosen.Rows[r])])
            : new ChosenNames(names, [.. rows]);
    }

    /// <inheritdoc/>
    public IEnumerator<string> GetEnumerator() => Rows.Select(r => Source[r]).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>The names of rows that follow one another.</summary>
internal sealed class SlicedNames(IReadOnlyList<string> source, int first, int count) : IReadOnlyList<string>
{
    public int Count => count;

    public string this[int index] => (uint)index < (uint)count ? source[first + index] : throw new ArgumentOutOfRangeException(nameof(index));

    public IEnumerator<string> GetEnumerator() => Enumerable.Range(first, count).Select(i => source[i]).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
