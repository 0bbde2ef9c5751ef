using System.Text.Json;
using Harness.Core.Runs;
using Harness.Core.Training;

namespace Harness.Core.Tests;

public sealed class RunIdTests
{
    [Fact]
    public void Moving_the_data_keeps_the_id()
    {
        var run = Some.Run();
        var moved = run with { Data = run.Data with { Paths = ["/elsewhere/a.txt"] } };
        Assert.Equal(RunId.Of(run), RunId.Of(moved));
    }

    [Fact]
    public void Any_changed_value_is_another_run()
    {
        var run = Some.Run();
        RunSpec[] others =
        [
            run with { Data = run.Data with { ContentHash = "01" } },
            run with { Model = run.Model with { LayerCount = 3 } },
            run with { Training = run.Training with { Seed = 2 } },
            run with { Training = run.Training with { PeakLearningRate = 3.0000000001e-3 } },
            run with { Training = run.Training with { Schedule = new ConstantSchedule { WarmupSteps = 10 } } },
        ];
        Assert.Equal(others.Length + 1, others.Append(run).Select(RunId.Of).Distinct().Count());
    }

    [Fact]
    public void The_id_of_a_known_spec_never_changes() => Assert.Equal("3805fe1d347b6ada", RunId.Of(Some.Run()).Value);

    [Fact]
    public void A_spec_survives_its_JSON_form()
    {
        var text = JsonSerializer.Serialize(Some.Run(), CoreJson.Default.RunSpec);
        var back = JsonSerializer.Deserialize(text, CoreJson.Default.RunSpec)!;
        Assert.Equal(RunId.Of(Some.Run()), RunId.Of(back));
        Assert.Equal(Some.Run().Training, back.Training);
    }

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("0123456789ABCDEF")]
    [InlineData("0123456789abcde")]
    public void Text_that_is_no_id_is_refused(string text) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<RunId>($"\"{text}\""));
}
