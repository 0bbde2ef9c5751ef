using Harness.Reporting.Tables.Selection;

namespace Harness.Reporting.Tests.Tables;

public sealed class LearningRateTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("harness-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_schedule_is_drawn_through_its_corners_and_stays_outside_them()
    {
        string curve = Write("wsd.csv", "step,lr,loss\n2,1,4\n7,1,3\n");
        string schedule = Write("lr.csv", "run,step,learning_rate\nother,0,9\nwsd,4,1\nwsd,1,0.4\nwsd,5,0.25\n");
        Assert.Equal([0.4, 0.4, 0.6, 0.8, 1, 0.25, 0.25, 0.25], Rates(curve, schedule, "wsd"), Near);
    }

    [Fact]
    public void A_schedule_without_a_run_is_every_runs()
    {
        string curve = Write("cosine.csv", "step,lr,loss\n2,1,4\n");
        Assert.Equal([0, 0.5, 1], Rates(curve, Write("lr.csv", "step,lr\n0,0\n2,1\n"), "cosine"), Near);
    }

    [Fact]
    public void Rows_that_name_a_rate_and_no_loss_shape_the_schedule_and_are_left_out_of_the_fit()
    {
        string curves = Write("curves.csv", "run_id,step,learning_rate,val_loss_nats_per_token\na,0,0,\na,2,1,\na,3,0.5,\na,4,0.5,3\nb,4,1,3\n");
        PointsTable table = PointsReader.Read(Query(curves));
        Assert.Equal(2, table.Points.Count);
        Assert.Equal([0, 0.5, 1, 0.5, 0.5], table.Points.Schedules["a"], Near);
        Assert.Equal([1, 1, 1, 1, 1], table.Points.Schedules["b"], Near);
        Assert.Empty(PointsReader.Read(Query(Write("full.csv", "step,lr,loss\n2,1,4\n7,1,3\n"))).Points.Schedules);
    }

    [Fact]
    public void Each_bad_schedule_gives_exactly_its_message()
    {
        string curve = Write("wsd.csv", "step,lr,loss\n2,1,4\n");
        string twice = Write("twice.csv", "step,lr\n1,0.5\n1,0.6\n"), half = Write("half.csv", "step,lr\n0.5,1\n"), other = Write("other.csv", "run,step,lr\nwsd_2,1,1\n");
        Assert.Equal($"{twice}:3: step: step 1 has the learning rate 0.5 and here 0.6; each step of a run has one; tell the runs apart with --group, or correct the table", Problem(curve, twice));
        Assert.Equal($"{half}:2: step: 0.5 is no optimizer step; a whole number from 0 to 50,000,000 is needed; correct the cell", Problem(curve, half));
        Assert.Equal($"{other}: lr: there is no schedule for the run 'wsd'; did you mean wsd_2; add its rows", Problem(curve, other));
    }

    private static bool Near(double a, double b) => Math.Abs(a - b) < 1e-12;

    private static string Problem(string curve, string schedule) => Some.TableProblem(() => PointsReader.Read(Query(curve) with { Schedule = schedule }));

    private static double[] Rates(string curve, string schedule, string run) =>
        PointsReader.Read(Query(curve) with { Schedule = schedule }).Points.Schedules[run];

    private static PointsQuery Query(string file) => new() { Files = [file], Needed = ["step", "lr", "loss"], GroupByFile = true };

    private string Write(string name, string text)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
