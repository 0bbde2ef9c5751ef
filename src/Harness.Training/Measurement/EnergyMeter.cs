using System.Globalization;

namespace Harness.Training.Measurement;

/// <summary>
/// Joules that the processor packages have used, from the kernel's RAPL counters (Documentation/power/powercap). The counters cover everything
/// on the package, other processes too, and on most systems only root may read them.
/// </summary>
internal sealed class EnergyMeter
{
    private readonly IReadOnlyList<Counter> _counters;

    private EnergyMeter(IReadOnlyList<Counter> counters) => _counters = counters;

    /// <summary>A meter that starts now, or null where no counter can be read.</summary>
    /// <param name="folder">Where the kernel shows the zones.</param>
    public static EnergyMeter? Start(string folder = "/sys/class/powercap")
    {
        if (!Directory.Exists(folder))
        {
            return null;
        }

        // intel-rapl:0 is a package; intel-rapl:0:0 a part of it, which would count twice. AMD's packages have the same names.
        var counters = Directory.EnumerateFileSystemEntries(folder, "intel-rapl:*")
            .Where(zone => Path.GetFileName(zone).Count(c => c == ':') == 1)
            .Select(zone => Read(Path.Combine(zone, "energy_uj")) is { } now ? new Counter(zone, now, Read(Path.Combine(zone, "max_energy_range_uj"))) : null)
            .OfType<Counter>()
            .ToList();
        return counters.Count == 0 ? null : new EnergyMeter(counters);
    }

    /// <summary>Joules since the start; null if a counter can't be read any more. Must be called more often than a counter wraps (minutes to hours).</summary>
    public double? Joules()
    {
        double sum = 0;
        foreach (var counter in _counters)
        {
            if (!counter.Advance())
            {
                return null;
            }

            sum += counter.Microjoules / 1e6;
        }

        return sum;
    }

    private static ulong? Read(string file)
    {
        try
        {
            return ulong.TryParse(File.ReadAllText(file).AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private sealed class Counter(string zone, ulong last, ulong? range)
    {
        private ulong _last = last;

        public double Microjoules { get; private set; }

        public bool Advance()
        {
            if (Read(Path.Combine(zone, "energy_uj")) is not { } now)
            {
                return false;
            }

            if (now < _last && range is null)
            {
                return false;
            }

            Microjoules += now >= _last ? now - _last : now + (range!.Value - _last);
            _last = now;
            return true;
        }
    }
}
