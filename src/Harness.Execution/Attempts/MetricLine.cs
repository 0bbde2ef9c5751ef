using System.Globalization;
using System.Text;
using Harness.Core.Runs;

namespace Harness.Execution.Attempts;

/// <summary>A row of <c>metrics.csv</c> as text: the columns of style.md and a CRC-32, so that a torn or altered line is known for what it is.</summary>
internal static class MetricLine
{
    public const string Header =
        "step,tokens,train_flops,train_loss_nats_per_token,val_loss_nats_per_token,learning_rate,gradient_norm,tokens_per_second,seconds,crc32";

    private const int Fields = 9;

    /// <summary>With its line end; numbers round-trip, missing is empty.</summary>
    public static byte[] Format(MetricRow row)
    {
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"{row.Step},{row.Tokens},{row.TrainFlops:R},{row.TrainLoss:R},{row.ValidationLoss:R},{row.LearningRate:R},{row.GradientNorm:R},{row.TokensPerSecond:R},{row.Seconds:R}");
        var crc = Crc32.Of(Encoding.ASCII.GetBytes(text));
        return Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{text},{crc:x8}\n"));
    }

    /// <summary>The row, or null if the line (without its end) is not whole.</summary>
    public static MetricRow? Parse(ReadOnlySpan<byte> line)
    {
        var comma = line.LastIndexOf((byte)',');
        if (comma < 0 || line.Length - comma != 9
            || !uint.TryParse(line[(comma + 1)..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var crc)
            || crc != Crc32.Of(line[..comma]))
        {
            return null;
        }

        var cells = Encoding.ASCII.GetString(line[..comma]).Split(',');
        return cells.Length != Fields
            ? null
            : new MetricRow(
                long.Parse(cells[0], CultureInfo.InvariantCulture),
                long.Parse(cells[1], CultureInfo.InvariantCulture),
                Number(cells[2])!.Value,
                Number(cells[3]),
                Number(cells[4]),
                Number(cells[5])!.Value,
                Number(cells[6]),
                Number(cells[7]),
                Number(cells[8]));
    }

    private static double? Number(string cell) => cell.Length == 0 ? null : double.Parse(cell, CultureInfo.InvariantCulture);
}
