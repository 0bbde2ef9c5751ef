using Harness.Training.Steps;
using Harness.Training.Steps.Kernels;

namespace Harness.Training.Tests.Steps;

/// <summary>The hand-written step on several threads: the same gradients, the same bits every time.</summary>
public sealed class ThreadTests : TensorTest
{
    // As many sequences as threads, more, fewer, and a number that doesn't divide.
    [Theory]
    [InlineData("gpt2", 2, 4, 4)]
    [InlineData("llama", 2, 5, 3)]
    [InlineData("gpt2-untied", 3, 5, 5)]
    [InlineData("llama-mup", 4, 2, 2)]
    [InlineData("swiglu-biases", 3, 4, 1)]
    public void Threads_share_a_batch_and_find_the_references_gradients(string variant, int threads, int rows, int microRows) =>
        GradientTests.Compare(Some.Variant(variant), StepPath.Fastest, rows, microRows, threads);

    [Theory]
    [InlineData("gpt2", 2)]
    [InlineData("llama-mup", 3)]
    public void First_twenty_losses_are_those_of_the_double_precision_trainer(string variant, int threads) =>
        GradientTests.CompareCurve(Some.Variant(variant), StepPath.Fastest, 20, threads);

    [Fact]
    public void Two_threads_give_the_same_bits_every_time()
    {
        float[] Train()
        {
            using var engine = GradientTests.Engine(Some.Gpt2(dim: 32, context: 16), StepPath.Fastest, 5, 5, threads: 2);
            Assert.Contains("2 threads", engine.PathName, StringComparison.Ordinal);
            for (var step = 1; step <= 10; step++)
            {
                engine.Compute();
                engine.Apply(1e-2, step);
            }

            return engine.Parameters.Weights.data<float>().ToArray();
        }

        var first = Train();
        Assert.All(Enumerable.Range(0, 3), _ => Assert.Equal(first, Train()));
    }

    [Fact]
    public void Evaluation_on_two_threads_is_that_on_one()
    {
        using var one = GradientTests.Engine(Some.Llama(), StepPath.Fastest, 5, 3);
        using var two = GradientTests.Engine(Some.Llama(), StepPath.Fastest, 5, 3, threads: 2);
        Assert.Equal(one.Evaluate(5), two.Evaluate(5), 1e-6);
        Assert.Equal(one.Evaluate(1), two.Evaluate(1), 1e-6);
    }

    [Theory]
    [InlineData(7, 2)]
    [InlineData(1, 3)]
    [InlineData(0, 2)]
    public void Slices_cover_everything_once(long things, int lanes)
    {
        var at = 0L;
        for (var lane = 0; lane < lanes; lane++)
        {
            var (start, length) = LaneThreads.Slice(things, lane, lanes);
            Assert.Equal(at, start);
            Assert.InRange(length, things / lanes, things / lanes + 1);
            at += length;
        }

        Assert.Equal(things, at);
    }

    [Fact]
    public void A_failure_in_a_lane_reaches_the_caller_and_the_lanes_go_on()
    {
        var threads = LaneThreads.Of(2);
        Assert.Throws<InvalidDataException>(() => threads.Run(lane =>
        {
            if (lane == 1)
            {
                throw new InvalidDataException("lane 1");
            }
        }));
        var seen = new int[2];
        threads.Run(lane => seen[lane] = 1);
        Assert.Equal([1, 1], seen);
    }
}
