using Harness.Core.Models;
using Harness.Core.Runs;
using Harness.Core.Training;

namespace Harness.Core.Tests;

public class DeclaredPeakTests
{
    [Theory]
    [InlineData("NVIDIA H100 80GB HBM3", 989e12, 67e12)]
    [InlineData("NVIDIA H100 PCIe", 756e12, 51e12)]
    [InlineData("NVIDIA H200", 989e12, 67e12)]
    [InlineData("NVIDIA A100-SXM4-80GB", 312e12, 19.5e12)]
    public void A_device_is_known_by_its_name(string name, double bf16, double fp32) =>
        Assert.Equal((bf16, fp32), (DeclaredPeak.FlopsPerSecond(name, Precision.Bf16), DeclaredPeak.FlopsPerSecond(name, Precision.Fp32)));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Host twin")]
    [InlineData("NVIDIA GH200 480GB")] // not an H200
    [InlineData("NVIDIA H100 80GB HBM3 MIG 1g.10gb")] // a seventh of an H100
    [InlineData("NVIDIA H100 NVL")] // nor an H100 SXM
    [InlineData("NVIDIA H200 NVL")]
    [InlineData("NVIDIA GeForce RTX 4090")]
    public void Other_devices_have_no_figure(string? name) => Assert.Null(DeclaredPeak.FlopsPerSecond(name, Precision.Bf16));

    [Theory]
    [InlineData("auto", 8, true, 1, 8)]
    [InlineData("1", 1, false, 1, 1)]
    [InlineData("16", 16, false, 16, 16)]
    public void Runs_per_worker_are_read_and_written_back(string text, int most, bool auto, int onCpu, int onGpu)
    {
        var choice = RunsPerWorker.Parse(text)!;
        Assert.Equal(new RunsPerWorker(most, auto), choice);
        Assert.Equal((onCpu, onGpu), (choice.On("cpu"), choice.On("cuda:1")));
        Assert.Equal(text, choice.ToString());
    }

    [Theory]
    [InlineData("0")]
    [InlineData("17")]
    [InlineData("-1")]
    [InlineData("many")]
    [InlineData("")]
    [InlineData(null)]
    public void Anything_else_is_no_number_of_runs(string? text) => Assert.Null(RunsPerWorker.Parse(text));

    [Fact]
    public void A_steps_traffic_grows_with_tokens_and_halves_with_the_format_but_for_the_parameters()
    {
        var model = Some.Gpt2(4, 256, 4, 128, 256);
        double At(long tokens, bool half) => DeviceTraffic.BytesPerStep(model, tokens, half);
        var parameters = ParameterCounts.Of(model).Total;
        Assert.Equal(56.0 * parameters, At(0, half: false)); // weights and gradients as the products see them, zeroing, squares, AdamW
        Assert.Equal(52.0 * parameters, At(0, half: true));
        Assert.Equal((At(1000, false) - At(0, false)) / 2, At(1000, true) - At(0, true), 1e-3);
        // At least what the step can't do without: each product's input, output and both gradients, once.
        Assert.True(At(1000, false) - At(0, false) > 4.0 * 1000 * 4 * (2 * (256 + 768) + 2 * (256 + 256) + 4 * (256 + 1024)));
    }
}
