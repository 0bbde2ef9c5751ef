using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Harness.Core.Runs;

namespace Harness.Execution.Synthetic;

/// <summary>
/// What a synthetic run carries from step to step: a number that every update changes, in the place of weights. It depends on the seeds, the model's size and each step's
/// learning rate, so that a run that went on from another run's state, from a wrong step or under another schedule ends with another number.
/// </summary>
/// <param name="Step">Steps done.</param>
/// <param name="Weights">The number.</param>
/// <param name="Inherited">What was taken over from a trunk; null without one.</param>
internal readonly record struct SyntheticState(long Step, ulong Weights, Inheritance? Inherited)
{
    /// <summary>Before the first step.</summary>
    public static SyntheticState Initial(RunSpec spec, long parameters) =>
        new(0, CounterNoise.Mix(CounterNoise.Mix(CounterNoise.Mix((ulong)spec.Training.Seed) ^ (ulong)spec.Training.DataSeed) ^ (ulong)parameters), null);

    /// <summary>After one more step.</summary>
    /// <param name="rate">The step's learning rate.</param>
    public SyntheticState Next(double rate) => this with { Step = Step + 1, Weights = CounterNoise.Mix(Weights ^ BitConverter.DoubleToUInt64Bits(rate)) };

    /// <summary>As a safetensors file without tensors, everything in its metadata.</summary>
    public void Write(Stream stream, RunId id)
    {
        var trunk = Inherited is { } i ? string.Create(CultureInfo.InvariantCulture, $$""","trunk":"{{i.Trunk}}","trunk_step":"{{i.Step}}","trunk_seconds":"{{i.TrainSeconds:R}}" """) : "";
        var header = Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $$$"""{"__metadata__":{"run_id":"{{{id}}}","step":"{{{Step}}}","weights":"{{{Weights}}}"{{{trunk}}}}}"""));
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        stream.Write(length);
        stream.Write(header);
    }

    /// <summary>Reads it back.</summary>
    /// <exception cref="InvalidDataException">It belongs to another run.</exception>
    public static SyntheticState Read(Stream stream, RunId id)
    {
        var length = new byte[8];
        stream.ReadExactly(length);
        var header = new byte[checked((int)BinaryPrimitives.ReadInt64LittleEndian(length))];
        stream.ReadExactly(header);
        using var json = JsonDocument.Parse(header);
        var metadata = json.RootElement.GetProperty("__metadata__");
        if (Text("run_id") != id.Value)
        {
            throw new InvalidDataException($"The checkpoint belongs to run {Text("run_id")}, not to run {id}.");
        }

        var inherited = metadata.TryGetProperty("trunk", out var trunk)
            ? new Inheritance(new RunId(trunk.GetString()!), long.Parse(Text("trunk_step"), CultureInfo.InvariantCulture), double.Parse(Text("trunk_seconds"), CultureInfo.InvariantCulture), null, null)
            : null;
        return new SyntheticState(long.Parse(Text("step"), CultureInfo.InvariantCulture), ulong.Parse(Text("weights"), CultureInfo.InvariantCulture), inherited);

        string Text(string key) => metadata.GetProperty(key).GetString()!;
    }
}
