namespace Harness.Reporting.Tables.Selection;

/// <summary>What to do with a row that repeats an earlier row of its file in every column.</summary>
public enum DuplicateRows
{
    /// <summary>Refuse the file, naming both lines.</summary>
    Refuse,

    /// <summary>Leave the later row out.</summary>
    Drop,

    /// <summary>Keep both; each counts.</summary>
    Keep,
}

/// <summary>Which points to read from which tables.</summary>
public sealed record PointsQuery
{
    /// <summary>The tables, as the user named them; at least one.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>Expression by role, as typed by the user (<c>n</c> to <c>[Model Size]/1e6</c>).</summary>
    public IReadOnlyDictionary<string, string> Columns { get; init; } = new Dictionary<string, string>();

    /// <summary>The roles that the laws need. Of n, d and c any two give the third by C = 6ND.</summary>
    public required IReadOnlyCollection<string> Needed { get; init; }

    /// <summary>Roles that are read where a column holds them, and otherwise done without.</summary>
    public IReadOnlyCollection<string> Optional { get; init; } = [];

    /// <summary>Roles whose values must be above 0, since a law or an objective takes their logarithm.</summary>
    public IReadOnlyCollection<string> Positive { get; init; } = ["n", "d", "c"];

    /// <summary>Rows to keep; null for all.</summary>
    public string? Where { get; init; }

    /// <summary>Rows to mark as held out; null for none.</summary>
    public string? HeldOut { get; init; }

    /// <summary>How many rows of highest loss to leave out after <see cref="Where"/>.</summary>
    public int DropHighest { get; init; }

    /// <summary>The column (or <c>file</c>) that says to which run a row belongs; null for none.</summary>
    public string? Group { get; init; }

    /// <summary>Without a <see cref="Group"/>: whether rows belong to the run named in a column <c>run_id</c>, or else to their file, as the rows of loss curves do.</summary>
    public bool GroupByFile { get; init; }

    /// <summary>
    /// Without a <see cref="Group"/>: the column whose equal texts mark rows with work in common, such as the trunk of runs that branch off one. Used where it is there, some
    /// rows share one and at least three differ; rows without a text stand alone. Null for none.
    /// </summary>
    public string? ClusterBy { get; init; }

    /// <summary>A table with the learning rate of every step, or of every corner of a schedule, for laws of loss curves; null to draw schedules through the rows.</summary>
    public string? Schedule { get; init; }

    /// <summary>When set, each group becomes one point: its last row, with the mean loss of its last so many rows.</summary>
    public int? MeanLast { get; init; }

    /// <summary>The most points that any law is fitted to.</summary>
    public const int MostOfAll = 20_000_000;

    /// <summary>The most points that are fitted: a table with more is refused before it fills the memory.</summary>
    public int MostPoints { get; init; } = MostOfAll;

    /// <summary>Why there may be no more, in words that follow "at most so many are fitted"; empty where memory is the reason.</summary>
    public string MostPointsReason { get; init; } = "";

    /// <summary>What to do with rows that repeat an earlier one.</summary>
    public DuplicateRows Duplicates { get; init; }
}
