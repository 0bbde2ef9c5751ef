using Harness.Core.Models;
using Harness.Core.Runs;
using Harness.Core.Training;
using Harness.Training.Data;

namespace Harness.Training.Runs;

/// <summary>What the trainers of one process share: open data, what calibrations found, turns on the device, and how many of them there are. Safe to use from several threads.</summary>
/// <param name="catalog">Where tokens come from.</param>
internal sealed class TrainerFamily(DataCatalog catalog) : IDisposable
{
    private readonly Dictionary<string, OpenData> _data = new(StringComparer.Ordinal);
    private readonly Dictionary<StackShape, StackAdvice> _stacks = [];
    private readonly Dictionary<WorkSize, StackAdvice> _sideBySide = [];
    private readonly Lock _gate = new();
    private int _trainers = 1;

    /// <summary>Turns on the device.</summary>
    public DeviceTurn Turn { get; } = new();

    /// <summary>Whether several runs may be training at the same time.</summary>
    public bool IsShared => Volatile.Read(ref _trainers) > 1;

    /// <summary>One more trainer; none leaves before the family is disposed.</summary>
    public void Join() => Interlocked.Increment(ref _trainers);

    /// <summary>What was found for stacks of a shape; null before it was asked for.</summary>
    public StackAdvice? Stacks(StackShape shape)
    {
        lock (_gate)
        {
            return _stacks.GetValueOrDefault(shape);
        }
    }

    /// <summary>The same, measured if it is not known.</summary>
    public StackAdvice Stacks(StackShape shape, Func<StackAdvice> measure)
    {
        if (Stacks(shape) is { } known)
        {
            return known;
        }

        var found = measure();
        lock (_gate)
        {
            return _stacks[shape] = found;
        }
    }

    /// <summary>What was found for runs that do about as much work a step as one, measured if it is not known.</summary>
    public StackAdvice SideBySide(RunSpec spec, Func<StackAdvice> measure)
    {
        var size = WorkSize.Of(spec);
        lock (_gate)
        {
            if (_sideBySide.TryGetValue(size, out var known))
            {
                return known;
            }
        }

        var found = measure();
        lock (_gate)
        {
            return _sideBySide[size] = found;
        }
    }

    /// <summary>Opens data, or finds it open. <see cref="Release"/> follows.</summary>
    /// <param name="key">Equal for equal data.</param>
    /// <param name="open">Opens it; called while nobody else opens any.</param>
    public TokenStream Open(string key, Func<DataCatalog, TokenStream> open)
    {
        lock (_gate)
        {
            if (!_data.TryGetValue(key, out var data))
            {
                _data[key] = data = new OpenData(open(catalog));
            }

            data.Users++;
            return data.Stream;
        }
    }

    /// <summary>Gives data back; the last user's closes it.</summary>
    public void Release(string key)
    {
        lock (_gate)
        {
            if (--_data[key].Users == 0)
            {
                _data.Remove(key, out var data);
                data!.Stream.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Turn.Dispose();

    private sealed class OpenData(TokenStream stream)
    {
        public TokenStream Stream { get; } = stream;

        public int Users { get; set; }
    }

    /// <summary>Runs whose steps keep a device about equally busy: the same number format, batches of the same size and FLOPs a step within a factor of two.</summary>
    private readonly record struct WorkSize(Precision Precision, int Batch, int Flops)
    {
        public static WorkSize Of(RunSpec spec)
        {
            double batch = spec.Training.BatchTokens;
            return new(spec.Training.Precision, (int)Math.Round(Math.Log2(batch)), (int)Math.Round(Math.Log2(batch * FlopsPerToken.Of(spec.Model).Kaplan)));
        }
    }
}
