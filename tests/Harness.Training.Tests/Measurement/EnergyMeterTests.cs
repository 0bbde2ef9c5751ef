using Harness.Training.Measurement;

namespace Harness.Training.Tests.Measurement;

public sealed class EnergyMeterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("powercap").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Joules_are_summed_over_packages_and_survive_a_wrap()
    {
        Zone("intel-rapl:0", 900_000, 1_000_000);
        Zone("intel-rapl:1", 0, 1_000_000);
        Zone("intel-rapl:0:0", 5, 1_000_000); // a part of package 0: counted there
        var meter = EnergyMeter.Start(_folder)!;
        Zone("intel-rapl:0", 400_000, 1_000_000); // wrapped: 100 000 to the end, 400 000 more
        Zone("intel-rapl:1", 250_000, 1_000_000);
        Zone("intel-rapl:0:0", 999_999, 1_000_000);
        Assert.Equal(0.75, meter.Joules()!.Value, 1e-9);
        Zone("intel-rapl:1", 350_000, 1_000_000);
        Assert.Equal(0.85, meter.Joules()!.Value, 1e-9);
    }

    [Fact]
    public void A_counter_that_vanishes_makes_the_figure_missing_not_zero()
    {
        Zone("intel-rapl:0", 1, 1_000_000);
        var meter = EnergyMeter.Start(_folder)!;
        File.Delete(Path.Combine(_folder, "intel-rapl:0", "energy_uj"));
        Assert.Null(meter.Joules());
    }

    [Fact]
    public void Without_counters_there_is_no_meter()
    {
        Assert.Null(EnergyMeter.Start(_folder));
        Assert.Null(EnergyMeter.Start(Path.Combine(_folder, "none")));
    }

    private void Zone(string name, long microjoules, long range)
    {
        var zone = Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;
        File.WriteAllText(Path.Combine(zone, "energy_uj"), $"{microjoules}\n");
        File.WriteAllText(Path.Combine(zone, "max_energy_range_uj"), $"{range}\n");
    }
}
